"""Pairing of files: JSON Lines in, JSON Lines out, without a workspace."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from letters.errors import Problem, UsageError
from letters.files import replace_file
from letters.model import Decision, Pairing, Progress
from letters.pair.coefficients import Coefficients
from letters.pair.matching import match
from letters.pair.values import CardToPair, EpisodeToPair, PairReport


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId)


def pair_files(
    episodes: Path,
    cards: Path,
    out: Path,
    *,
    many: bool = False,
    coefficients: Coefficients | None = None,
    progress: Progress | None = None,
) -> PairReport:
    """Pair the cards of one file with the episodes of another; `out` gets one object per card, in the order of the cards.

    A line that cannot be read is a problem of the report and the others go on. `out` is replaced whole or not at all.
    Raises `UsageError` when a file cannot be opened.
    """
    problems: list[Problem] = []
    read_episodes = read_rows(episodes, EpisodeToPair.from_row, problems)
    read_cards = read_rows(cards, CardToPair.from_row, problems)
    pairings = match(read_episodes, read_cards, many=many, coefficients=coefficients, progress=progress)
    lines = (json.dumps(_as_row(pairing), ensure_ascii=False) + "\n" for pairing in pairings)
    try:
        replace_file(out, "".join(lines))
    except OSError as error:
        raise UsageError(
            f'"{out}" cannot be written: {error.strerror}; name a file in a folder that exists'
        ) from error
    counts = Counter(pairing.decision for pairing in pairings)
    return PairReport(
        paired=counts[Decision.PAIRED],
        review=counts[Decision.REVIEW],
        none=counts[Decision.NONE],
        problems=tuple(problems),
    )


def _as_row(pairing: Pairing) -> dict[str, Any]:
    return {
        "card_id": pairing.card_id,
        "episode_id": pairing.episode_id,
        "decision": pairing.decision.value,
        "probability": pairing.probability,
        "evidence": [
            {"comparison": item.comparison, "weight": item.weight, "words": item.words}
            for item in pairing.evidence
        ],
    }


def read_rows(path: Path, make: Callable[[Mapping[str, Any]], T], problems: list[Problem]) -> list[T]:
    """What `make` makes of each object of a file of JSON Lines, the first of each id; the rest are added to `problems`.

    Raises `UsageError` when the file cannot be opened.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f'"{path}" cannot be read: {error.strerror}; wanted a file of JSON Lines') from error
    found: dict[str, T] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            one = make(_read_object(line))
        except ValueError as error:
            problems.append(
                Problem(where=str(path), line=number, what=f"{error}", remedy="the line was left out")
            )
            continue
        if one.id in found:
            what = f'the id "{one.id}" stands in line {lines[one.id]} too'
            problems.append(Problem(where=str(path), line=number, what=what, remedy="the first one counts"))
            continue
        found[one.id], lines[one.id] = one, number
    return list(found.values())


def _read_object(line: bytes) -> Mapping[str, Any]:
    try:
        row = json.loads(line.decode())
    except UnicodeDecodeError:
        raise ValueError("the line is not UTF-8") from None
    except RecursionError:
        raise ValueError("the line is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the line is not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(row, dict):
        raise ValueError(f"the line holds a JSON {_KINDS[type(row)]}, wanted an object")
    return row


_KINDS = {list: "array", str: "text", int: "number", float: "number", bool: "truth value", type(None): "null"}
