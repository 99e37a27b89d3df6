"""A process of its own that delivers, to be killed: ``deliver_process.py STORE-URL WORKSPACE PORT``."""

from __future__ import annotations

import sys
from pathlib import Path

from deliver_kit import World, make_settings

from letters.settings import Workspace
from letters.settings.types import SmtpSettings
from letters.store import Store

if __name__ == "__main__":
    url, root, port = sys.argv[1:]
    smtp = SmtpSettings(host="127.0.0.1", port=int(port), tls="none", connections=2)
    World(Store(url), Workspace(Path(root)), make_settings(smtp=smtp)).deliver()
