"""An operator's view of a subscriber's private feed: whether there is one, and the way to end it."""

from __future__ import annotations

from pathlib import Path

from cli_kit import START, Letters
from letters.settings import Workspace
from letters.store import Store
from letters.store.private_feeds import find_private_feed
from letters.store.subscribers import find_by_email
from letters.subscribe import make_private_feed


def make_feed(workspace: Path) -> None:
    with _opened(workspace) as store:
        with store.read() as c:
            reader = find_by_email(c, "ada@readers.example")
        assert reader is not None
        make_private_feed(store, reader.uid, now=START)


def serial_of(workspace: Path) -> str:
    with _opened(workspace) as store, store.read() as c:
        reader = find_by_email(c, "ada@readers.example")
        feed = find_private_feed(c, reader.uid) if reader else None
        return feed.serial if feed else ""


class _opened:  # noqa: N801 - reads as a verb
    def __init__(self, workspace: Path) -> None:
        self.store = Store(f"sqlite:///{Workspace(workspace).var / 'letters.db'}")

    def __enter__(self) -> Store:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()


def test_it_is_told_replaced_and_stopped_and_never_printed(letters: Letters, workspace: Path) -> None:
    here = ("-w", workspace, "--json")
    letters("subscribers", "import", workspace / "people.csv", *here)
    assert letters("subscribers", "feed", "ada@readers.example", *here).data["feed"] == "none"
    assert letters("subscribers", "feed", "ada@readers.example", "--stop", *here).data["feed"] == "none"
    make_feed(workspace)
    first = serial_of(workspace)
    told = letters("subscribers", "feed", "Ada@Readers.example", *here)
    assert (told.data["feed"], told.data["since"]) == ("running", "2026-11-21T12:00:00Z")
    replaced = letters("subscribers", "feed", "ada@readers.example", "--replace", *here)
    second = serial_of(workspace)
    assert replaced.data["feed"] == "replaced"
    assert second not in {"", first}
    stopped = letters("subscribers", "feed", "ada@readers.example", "--stop", "-w", workspace)
    assert "the private feed was stopped" in stopped.out
    assert serial_of(workspace) == ""
    for ran in (told, replaced, stopped):
        assert not [serial for serial in (first, second) if serial in ran.out + ran.err]


def test_what_cannot_be_is_said(letters: Letters, workspace: Path) -> None:
    ran = letters("subscribers", "feed", "nobody@readers.example", "-w", workspace)
    assert ran.code == 2
    assert "letters subscribers list" in ran.err
    ran = letters("subscribers", "feed", "nobody@readers.example", "--stop", "--replace", "-w", workspace)
    assert ran.code == 2
    assert "exclude each other" in ran.err
