"""What a published tree is a tree of: so that a pass knows when it need not look at all of it.

The stamp lies in the tree. Its token is also in the database: a tree that was emptied, put back from a copy, or written from another
database bears another one, and so does a database that was put back. Then all documents are looked at.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from letters.files import replace_file
from letters.publish.selection import Names
from letters.settings import Settings
from letters.text import find_shipped

#: Hidden, so that no server shows it.
NAME = ".published"
_THIS_ROOM = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the tree was written from, all of it but the entries and issues."""

    token: str
    #: Of everything that every document may show, see `digest_site`.
    digest: str
    base_url: str
    #: How many documents there are.
    documents: int


def read_stamp(root: Path) -> Stamp | None:
    """None when there is none, or none that can be read: all is looked at then."""
    try:
        values = json.loads((root / NAME).read_bytes())
        return Stamp(**values)
    except (OSError, ValueError, TypeError):
        return None


def write_stamp(root: Path, stamp: Stamp) -> None:
    replace_file(root / NAME, json.dumps(asdict(stamp), indent=1) + "\n")


def digest_site(settings: Settings, names: Names, *, overrides: Path) -> str:
    """Of what any document may show beside its own entries: settings, names, templates, and how Letters writes."""
    parts = [
        version("letters"),
        settings.site.model_dump_json(),
        settings.publish.model_dump_json(),
        repr(settings.subscribe.open),
        repr(settings.editions),
        repr((sorted(names.gone.topics.items()), sorted(names.gone.audiences.items()))),
        repr(sorted((one.key, one.name, one.declared) for one in names.topics.values())),
        repr(sorted((one.key, one.name, one.declared) for one in names.audiences.values())),
    ]
    digest = hashlib.sha256("\0".join(parts).encode())
    for file in (*_templates(overrides), *_templates(find_shipped("templates")), *_sources()):
        digest.update(f"\0{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _templates(folder: Path) -> Iterable[Path]:
    """Of pages, and the catalogues of what pages and feeds say."""
    return sorted(
        one for part in ("web", "catalogues") for one in (folder / part).rglob("*") if one.is_file()
    )


def _sources() -> Iterable[Path]:
    return sorted(_THIS_ROOM.glob("*.py"))
