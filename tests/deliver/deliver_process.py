"""A process of its own that delivers, to be killed: ``deliver_process.py STORE-URL WORKSPACE PORT [together]``.

With "together" it has a colleague from the first messages on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from deliver_kit import World, make_settings, send_last

import letters.deliver.colleagues
import letters.deliver.rounds
import letters.store.deliveries
from letters.processes import start
from letters.settings import Workspace
from letters.settings.types import SmtpSettings
from letters.store import Store

if __name__ == "__main__":
    url, root, port, *more = sys.argv[1:]
    smtp = SmtpSettings(host="127.0.0.1", port=int(port), tls="none", connections=3 if more else 2)
    settings = make_settings(smtp=smtp)
    if more:
        delivery = settings.delivery.model_copy(update={"processes": 2})
        settings = settings.model_copy(update={"delivery": delivery})
        letters.deliver.colleagues.WORTH_A_PROCESS = 10
        letters.deliver.colleagues.start = lambda module: start("small_batches")
        letters.deliver.rounds.Rounds.send = send_last()  # type: ignore[method-assign]
        letters.store.deliveries.BATCH = 5
    World(Store(url), Workspace(Path(root)), settings).deliver()
