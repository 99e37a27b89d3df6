"""The demo's material, dated by its clock, and the workspace made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

from letters.files import replace_file
from letters.settings import Workspace, init_workspace

_CONTENT = Path(__file__).with_name("content")
# {{rfc822 3 07:30}}: at 7:30 UTC, three days before the demo's clock.
_DATE = re.compile(r"\{\{(?P<form>rfc822|iso) (?P<days>\d+) (?P<hour>\d\d):(?P<minute>\d\d)\}\}")
_NAME = re.compile(r"\{\{(?P<name>[a-z]+)\}\}")
_LOOPBACK = re.compile(r"127\.0\.0\.1:\d+")
_TREE = re.compile(r"^tree = .*$", re.MULTILINE)


def feed_documents(now: datetime) -> dict[str, str]:
    """The demo's feeds by file name; their entries are from the days and weeks before `now`."""
    return {
        path.name: _render(path.read_text(encoding="utf-8"), now, {})
        for path in sorted((_CONTENT / "feeds").iterdir())
    }


def write_demo_workspace(root: Path, *, feeds_address: str, now: datetime, tree: str | None = None) -> None:
    """Make a workspace at `root` that watches the feeds at `feeds_address`, with cards, editions and subscribers.

    `tree` is the folder of the published tree, if not the workspace's own. In a workspace whose cards were read already
    only the address of the feeds (and `tree`) is brought up to date: what somebody tried out there since stays.
    """
    workspace = Workspace(root)
    if not (workspace.config / "letters.toml").exists():
        init_workspace(root)
    place = urlsplit(feeds_address).netloc
    if (workspace.cards / ".identities.toml").exists():
        _move(workspace, place, tree)
        return
    values = {
        "feeds": place,
        "address": feeds_address.rstrip("/"),
        "tree": json.dumps(tree or "feeds", ensure_ascii=False)[1:-1],
    }
    for folder, to in (("cards", workspace.cards), ("config", workspace.config)):
        for path in sorted((_CONTENT / folder).iterdir()):
            replace_file(to / path.name, _render(path.read_text(encoding="utf-8"), now, values))
    people = (_CONTENT / "subscribers.csv").read_text(encoding="utf-8")
    replace_file(workspace.root / "subscribers.csv", _render(people, now, values))


def _move(workspace: Workspace, place: str, tree: str | None) -> None:
    for name in ("letters.toml", "sources.toml"):
        file = workspace.config / name
        text = _LOOPBACK.sub(place, file.read_text(encoding="utf-8"))
        if tree is not None:
            text = _TREE.sub(_tree_line(tree), text)
        replace_file(file, text)


def _tree_line(tree: str) -> Callable[[object], str]:
    """The line as a function, so that no backslash of a path is taken for a reference."""
    return lambda _: f"tree = {json.dumps(tree, ensure_ascii=False)}"


def _render(text: str, now: datetime, values: Mapping[str, str]) -> str:
    def date(found: re.Match[str]) -> str:
        day = now.astimezone(UTC) - timedelta(days=int(found["days"]))
        at = day.replace(hour=int(found["hour"]), minute=int(found["minute"]), second=0, microsecond=0)
        return format_datetime(at, usegmt=True) if found["form"] == "rfc822" else f"{at:%Y-%m-%dT%H:%M:%SZ}"

    return _NAME.sub(lambda found: values[found["name"]], _DATE.sub(date, text))
