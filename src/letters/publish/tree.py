"""The published tree on disk: our documents are written, with their twins, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from pathlib import Path

from letters.errors import Problem, RenderError
from letters.files import replace_with_twins, sync_folder
from letters.publish.twins import TWINS, twins_of

#: Compressing and waiting for the disk is done beside rendering: eight waits cost little more than one.
_WRITERS = 8
#: Rendered documents that wait to be written.
_WAITING = 64


@dataclass(frozen=True, slots=True)
class Target:
    """A document of the tree: its path from the root, and how to make its bytes."""

    path: str
    #: None: there is nothing to publish after all, and what is there stays.
    render: Callable[[], bytes | None]


@dataclass(slots=True)
class Tally:
    """What writing came to."""

    written: int = 0
    unchanged: int = 0
    #: Of those written, how many were not there before.
    added: int = 0
    #: Documents that were taken away.
    removed: int = 0
    #: Paths of those that could not be written.
    failed: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


class Outcome(Enum):
    """What became of a document."""

    UNCHANGED = auto()
    CHANGED = auto()
    ADDED = auto()


class Tree:
    """The tree at `root`, while it is written.

    Each document is written whole, and only if it differs; one that cannot be written never stops the others. Killed half-way,
    the tree holds whole documents, old and new; the next run completes it.
    """

    def __init__(
        self, root: Path, *, shown: Callable[[Path], str], progress: Callable[[int], None] | None = None
    ) -> None:
        self.root, self.tally = root.resolve(), Tally()
        self._shown, self._progress = shown, progress
        self._waiting: dict[Future[Outcome], Path] = {}
        self._folders: set[Path] = set()

    def keeps(self, path: str) -> bool:
        """Whether a document is there; it is then left alone, and counted as unchanged."""
        stands = (self.root / path).is_file()
        self.tally.unchanged += stands
        return stands

    def write(self, targets: Iterable[Target]) -> None:
        """Write a group of documents; all of it is on disk at the end. They are rendered here, one after another."""
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="letters-tree") as writers:
            for target in targets:
                if len(self._waiting) >= _WAITING:
                    self._settle(wait(self._waiting, return_when=FIRST_COMPLETED).done)
                if (content := self._render(target)) is not None:
                    path = self.root / target.path
                    self._waiting[writers.submit(_write, self.root, path, content)] = path
            self._settle(wait(self._waiting).done)
            # Side by side, for each waits for the disk.
            list(writers.map(sync_folder, self._folders))
            self._folders.clear()

    def remove(self, paths: Iterable[str]) -> None:
        """Take documents away, with their twins; those that are not there are gone already."""
        for path in paths:
            document = self.root / path
            self.tally.removed += document.is_file()
            for suffix in ("", *TWINS):
                document.with_name(document.name + suffix).unlink(missing_ok=True)
            with suppress(OSError):  # it holds something else
                document.parent.rmdir()

    def _render(self, target: Target) -> bytes | None:
        try:
            return target.render()
        except RenderError as error:
            # A broken template trips every page that uses it; it is told once.
            self._report(Problem(what=str(error)))
            return None

    def _settle(self, done: Iterable[Future[Outcome]]) -> None:
        for future in done:
            path = self._waiting.pop(future)
            try:
                self._count(path, future.result())
            except OSError as error:
                self.tally.failed.add(path.relative_to(self.root).as_posix())
                self._report(_unwritable(self._shown(path), error))

    def _count(self, path: Path, outcome: Outcome) -> None:
        if outcome is Outcome.UNCHANGED:
            self.tally.unchanged += 1
        else:
            self.tally.written += 1
            self.tally.added += outcome is Outcome.ADDED
            self._folders.update(_up_to(self.root, path.parent))
        if self._progress:
            self._progress(self.tally.written + self.tally.unchanged)

    def _report(self, problem: Problem) -> None:
        if problem not in self.tally.problems:
            self.tally.problems.append(problem)


def _write(root: Path, path: Path, content: bytes) -> Outcome:
    # Keys and addresses are minted to be harmless; this holds even if one is not.
    if ".." in path.parts or not _is_inside(root, path.parent):
        raise OSError(0, "it lies outside the published tree")
    stood, twins = path.exists(), twins_of(content)
    changed = replace_with_twins(path, content, twins)
    for suffix in TWINS.keys() - twins.keys():
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    if not changed:
        return Outcome.UNCHANGED
    return Outcome.CHANGED if stood else Outcome.ADDED


@lru_cache(1_000)
def _is_inside(root: Path, folder: Path) -> bool:
    return folder.resolve().is_relative_to(root)


def _up_to(root: Path, folder: Path) -> Iterator[Path]:
    """The folder and those above it: it may be new itself."""
    yield folder
    while folder != root:
        folder = folder.parent
        yield folder


def _unwritable(where: str, error: OSError) -> Problem:
    return Problem(
        where=where,
        what=f"the document cannot be written: {error.strerror or error}",
        remedy="make room for it, or take away what stands there, and publish again",
    )
