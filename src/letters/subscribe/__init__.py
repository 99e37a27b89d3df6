"""Subscribing: people come by import or by confirming, choose, and leave.

In come CSV files and what readers do on the pages behind their mails' links; out go stored subscribers, and reports by line. Nobody
who left comes back by an import, and whoever leaves gets no mail that was still waiting.
"""

from letters.subscribe.exporting import export_csv
from letters.subscribe.importing import ImportReport, import_csv
from letters.subscribe.moving import (
    Move,
    Step,
    TooOften,
    agree_to_move,
    ask_to_move,
    read_move,
    refuse_to_move,
)
from letters.subscribe.notices import NoticesReport, send_notices
from letters.subscribe.own_data import erase, find_uid, read_own_data
from letters.subscribe.preferences import (
    LONGEST_PAUSE,
    Preferences,
    bring_back,
    read_preferences,
    unsubscribe,
    update_preferences,
)
from letters.subscribe.private_feeds import (
    has_private_feed,
    make_private_feed,
    replace_private_feed,
    stop_private_feed,
)
from letters.subscribe.signing_up import (
    SignUpRefused,
    TooManySignUps,
    Wanted,
    confirm,
    read_offer,
    read_sign_up,
    sign_up,
)
from letters.subscribe.upcoming import Coming, upcoming

__all__ = [
    "LONGEST_PAUSE",
    "Coming",
    "ImportReport",
    "Move",
    "NoticesReport",
    "Preferences",
    "SignUpRefused",
    "Step",
    "TooManySignUps",
    "TooOften",
    "Wanted",
    "agree_to_move",
    "ask_to_move",
    "bring_back",
    "confirm",
    "erase",
    "export_csv",
    "find_uid",
    "has_private_feed",
    "import_csv",
    "make_private_feed",
    "read_move",
    "read_offer",
    "read_own_data",
    "read_preferences",
    "read_sign_up",
    "refuse_to_move",
    "replace_private_feed",
    "send_notices",
    "sign_up",
    "stop_private_feed",
    "unsubscribe",
    "upcoming",
    "update_preferences",
]
