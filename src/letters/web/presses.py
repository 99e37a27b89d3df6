"""Whether a form was sent by a person who pressed its button. Pure.

Scanners of mail follow links, and some send the forms they find. What they do not do is to read a page, wait, and press one button of
several (``docs/decisions/120-a-persons-click.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from letters.errors import LinkError
from letters.links import Links

#: The button's name. Its value is the page's stamp, which is only sent when this button was pressed.
BUTTON = "press"
#: A field that people do not see, and programs like to fill in.
BAIT = "website"
#: Nobody reads a page in less, and nobody leaves one open for longer and still knows what it was about.
FASTEST, SLOWEST = timedelta(seconds=1), timedelta(days=1)


def is_pressed(fields: Mapping[str, Sequence[str]], links: Links, page: str, *, now: datetime) -> bool:
    """Whether these fields came by pressing the button of this page, as it was shown some time ago."""
    pressed = fields.get(BUTTON, [])
    if len(pressed) != 1 or any(fields.get(BAIT, [])):
        return False
    try:
        shown = links.read_stamp(page, pressed[0])
    except LinkError:
        return False
    return FASTEST <= now - shown <= SLOWEST
