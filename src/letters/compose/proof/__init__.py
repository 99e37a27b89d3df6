"""Proofs: what can be said of a mail before it is sent, and how it looks to different people.

In comes a rendering; out come a `Proof` (sizes, links, what each client does with it, what has to be mended) and a folder
of views with pictures of them. Nothing is stored or claimed. Chromium, if there is one, is a process of its own.
"""

from letters.compose.proof.asking import LinkAnswer, ask_links
from letters.compose.proof.clients import Facts, known_facts
from letters.compose.proof.examine import Proof, examine
from letters.compose.proof.fallbacks import Compatibility, Gap
from letters.compose.proof.folder import Folder, write_folder
from letters.compose.proof.links import MailLink
from letters.compose.proof.overrides import check_overrides

__all__ = [
    "Compatibility",
    "Facts",
    "Folder",
    "Gap",
    "LinkAnswer",
    "MailLink",
    "Proof",
    "ask_links",
    "check_overrides",
    "examine",
    "known_facts",
    "write_folder",
]
