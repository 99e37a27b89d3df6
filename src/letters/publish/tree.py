"""The published tree on disk: our documents are written, nothing else is touched, nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from letters.errors import Problem, RenderError
from letters.files import replace_file
from letters.model import Progress


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


def write_tree(
    root: Path,
    targets: Iterable[Target],
    *,
    total: int,
    shown: Callable[[Path], str],
    progress: Progress | None = None,
) -> tuple[Tally, list[Problem]]:
    """Write each document whole, and only if it differs. One that cannot be written never stops the others.

    Killed half-way, the tree holds whole documents, old and new; the next run completes it.
    """
    root, tally = root.resolve(), Tally()
    problems: dict[Problem, None] = {}
    for done, target in enumerate(targets, start=1):
        try:
            _write(root, target, tally)
        except OSError as error:
            problems[_unwritable(shown(root / target.path), error)] = None
        except RenderError as error:
            # A broken template trips every page that uses it; it is told once.
            problems[Problem(what=str(error))] = None
        if progress:
            progress(done, total)
    return tally, list(problems)


def _write(root: Path, target: Target, tally: Tally) -> None:
    path = root / target.path
    # Keys and addresses are minted to be harmless; this holds even if one is not.
    if not path.resolve().is_relative_to(root):
        raise OSError(0, "it lies outside the published tree")
    data = target.render()
    if data is None:
        return
    if replace_file(path, data):
        tally.written += 1
    else:
        tally.unchanged += 1


def _unwritable(where: str, error: OSError) -> Problem:
    return Problem(
        where=where,
        what=f"the document cannot be written: {error.strerror or error}",
        remedy="make room for it, or take away what stands there, and publish again",
    )
