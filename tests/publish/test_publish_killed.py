"""Publishing killed anywhere: every file of the tree is whole, old or new, and the next run completes it.

Most rounds die in a forked child at a chosen step; ten by SIGKILL on the whole program. ``LETTERS_KILL_ROUNDS`` asks for more of both.
"""

from __future__ import annotations

import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import brotli
import pytest
from press_kit import make_settings
from sqlalchemy import event

from builders import add_pair, change_card, day, make_card, make_id
from letters import files
from letters.model import Card, RelatedCard
from letters.publish import publish, stamp
from letters.publish.twins import TWINS, zstd
from letters.settings import Workspace, init_workspace
from letters.store import Store
from letters.store.entries import retire_entry

ROUNDS = int(os.environ.get("LETTERS_KILL_ROUNDS", "16"))
SIGKILLS = max(10, ROUNDS // 20)
_DIED = 9
_OPENED: dict[str, Callable[[bytes], bytes]] = {
    ".br": brotli.decompress,
    ".gz": gzip.decompress,
    ".zst": zstd.decompress,
}


class World:
    """A workspace that can be copied, published and looked at. Pages of history are full: a document holds two entries."""

    settings = make_settings(publish={"entries": 2})

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    def store(self) -> Store:
        return Store(f"sqlite:///{self.root}/letters.db")

    def publish(self, now: datetime) -> int:
        store = self.store()
        report = publish(store, self.settings, self.workspace, now=now)
        assert report.problems == ()
        store.close()
        return report.written

    def files(self) -> dict[str, bytes]:
        """What readers can get, by path; twins as what they hold."""
        tree, found = self.workspace.tree(self.settings), {}
        for path in tree.rglob("*"):
            if path.is_file() and path.name != stamp.NAME and not path.match(files.TEMPORARY):
                data = path.read_bytes()
                found[str(path.relative_to(tree))] = _OPENED.get(path.suffix, bytes)(data)
        return found

    def check_whole(self, before: dict[str, bytes], after: dict[str, bytes]) -> None:
        """Every file is as it was or as it will be, and no twin passes for that of another document."""
        tree, found = self.workspace.tree(self.settings), self.files()
        assert {path for path in before.keys() - found.keys() if Path(path).suffix not in _OPENED} == set()
        for path, data in found.items():
            assert data in (before.get(path), after.get(path)), path
        for path in found:
            for suffix in TWINS:
                twin = tree / f"{path}{suffix}"
                if twin.exists() and twin.stat().st_mtime_ns == (tree / path).stat().st_mtime_ns:
                    assert found[f"{path}{suffix}"] == found[path]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Four cards were published. Since then two came, so that pages of history are full; one was edited and got another title,
    one left its topic, and one was retired; others name those titles as related."""
    world = World(tmp_path / "world")
    store = world.store()
    store.upgrade()
    related = {3: ("Card 2",), 4: ("Card one",)}

    def card(number: int, **fields: Any) -> Card:
        named = tuple(RelatedCard(title=title) for title in related.get(number, ()))
        return make_card(number, related=named, audiences=(), **fields)

    with store.write() as c:
        for number in range(1, 5):
            add_pair(c, number, card=card(number))
    world.publish(day(10))
    with store.write() as c:
        add_pair(c, 5, card=card(5, topics=("Fog",)))
        add_pair(c, 6, card=card(6))
        change_card(c, card(1, title="Card one"))
        change_card(c, card(3, topics=("Fog",)))
        retire_entry(c, make_id("card", 2), at=day(11))
    store.close()
    return world


def copy(world: World, name: str) -> World:
    return World(shutil.copytree(world.root, world.root.with_name(name)))


def test_killed_at_any_step_the_tree_is_whole_and_the_next_run_completes_it(world: World) -> None:
    before = world.files()
    finished = copy(world, "finished")
    # Threads make some steps more or less each time.
    steps = _die_at(finished, at=sys.maxsize) * 95 // 100
    after = finished.files()
    assert after.keys() - before.keys()
    assert steps > 150
    chance, kinds = random.Random(11), set()
    for number in range(ROUNDS):
        victim = copy(world, f"victim-{number}")
        kinds.add(_die_at(victim, at=1 + (number * steps + chance.randrange(steps)) // ROUNDS))
        victim.check_whole(before, after)
        victim.publish(day(12))
        assert victim.files() == after
        assert victim.publish(day(13)) == 0
        shutil.rmtree(victim.root)
    assert kinds == {0}


def _die_at(world: World, *, at: int) -> int:
    """Publish in a child that dies without a word at the `at`-th of its steps: statements, opened files, halves of writes, renames.

    Returns how many steps there were, if the child came to its end; 0 if it died.
    """
    told, tell = os.pipe()
    with warnings.catch_warnings():
        # Newer Pythons warn of forking beside threads; the child opens a database of its own and takes no lock of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _publish_and_die(world, at=at, tell=tell)
    os.close(tell)
    with os.fdopen(told) as pipe:
        steps = pipe.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in {0, _DIED}
    return int(steps or 0)


def _publish_and_die(world: World, *, at: int, tell: int) -> NoReturn:
    count, turn = 0, threading.Lock()

    def step(*_: Any) -> None:
        nonlocal count
        with turn:
            count += 1
            if count == at:
                os._exit(_DIED)

    def before(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            step()
            return real(*args, **kwargs)

        return call

    def write_in_halves(path: Path, content: bytes, **kwargs: Any) -> None:
        step()
        path.write_bytes(content[: len(content) // 2])
        step()
        path.unlink()
        real_write(path, content, **kwargs)
        step()

    code = 1
    try:
        real_write = files._write_durably
        files._write_durably = write_in_halves
        os.replace = before(os.replace)
        files.sync_folder = before(files.sync_folder)
        store = world.store()
        event.listen(store.engine, "before_cursor_execute", step)
        event.listen(store.engine, "commit", step)
        publish(store, world.settings, world.workspace, now=day(12))
        os.write(tell, str(count).encode())
        code = 0
    finally:
        os._exit(code)


def test_killed_as_a_whole_program_at_any_moment(tmp_path: Path) -> None:
    world = World(tmp_path / "program")
    init_workspace(world.root)
    store = Store(f"sqlite:///{world.root}/var/letters.db")
    store.upgrade()
    with store.write() as c:
        for number in range(1, 12):
            add_pair(c, number)
    chance, killed = random.Random(13), 0
    for number in range(SIGKILLS):
        with store.write() as c:
            for card in range(1, 12):
                change_card(c, make_card(card, summary=f"Words of round {number}."))
        killed += _run(world, kill_after=chance.uniform(0.4, 1.2))
        for path in world.workspace.tree(world.settings).rglob("*"):
            if path.suffix in _OPENED and not path.match(files.TEMPORARY):
                _OPENED[path.suffix](path.read_bytes())
            elif path.suffix == ".json":
                assert path.read_bytes().endswith(b"]\n}\n")
            elif path.suffix in {".rss", ".atom"}:
                assert path.read_bytes().endswith((b"</rss>", b"</feed>", b"\n"))
    assert killed
    assert _run(world, kill_after=None) == 0
    left = world.files()
    shutil.rmtree(world.workspace.tree(world.settings))
    assert _run(world, kill_after=None) == 0
    assert world.files() == left


def _run(world: World, *, kill_after: float | None) -> bool:
    """``letters publish``, killed after so many seconds unless it ended before; whether it was."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "letters",
            "publish",
            "--workspace",
            str(world.root),
            "--now",
            "2026-06-01T09:00:00Z",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if kill_after is not None:
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    return process.wait(timeout=60) == -signal.SIGKILL
