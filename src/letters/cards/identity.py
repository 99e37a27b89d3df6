"""Which card a file is. Pure: files and what is known of earlier ones go in, decisions come out.

A card's id is its front matter's, else one minted once from its first title and publisher. The same path is the same
card. A path that vanished and a new one with the same content, or the same title and publisher, is a rename; a retired
card comes back in the same way. Where two files claim one card, the path that has it keeps it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from letters.errors import Problem
from letters.model import Card
from letters.text import slug

#: Of minted ids; fixed for ever.
NAMESPACE = uuid.UUID("6c1f8a52-0d3b-5f0e-9b0a-7e4d2c9a51b7")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A card file as it is now. `card` is None when it cannot be read."""

    path: str
    digest: str
    card: Card | None = None
    #: Whether reading it told no problem.
    clean: bool = True

    @property
    def id(self) -> str:
        return self.card.id if self.card else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A card of earlier passes, from the database, from ``.identities.toml``, or from both."""

    id: str
    address: str
    digest: str
    #: Where its file was; several when database and identities file disagree, the database's first; none once retired.
    paths: tuple[str, ...] = ()
    title: str = ""
    publisher: str = ""


class How(Enum):
    """How a file came to its card."""

    SAME = "same"
    RENAMED = "renamed"
    REVIVED = "revived"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The card that a file is."""

    id: str
    address: str
    how: How


@dataclass(frozen=True, slots=True)
class Decisions:
    """Who is who. Files that cannot be read, or that claim another's id, are not among `by_path`."""

    by_path: Mapping[str, Identity]
    #: Cards that stay as they were last read, because their file cannot be used just now.
    kept: frozenset[str]
    #: Ids of cards whose file is gone.
    retired: tuple[str, ...]
    problems: tuple[Problem, ...]


def identify(
    files: Iterable[Found],
    known: Iterable[Known],
    *,
    out_of_sight: Callable[[str], bool] = lambda path: False,
    shown: Callable[[str], str] = str,
) -> Decisions:
    """Decide which card each file is, and which cards are gone.

    `out_of_sight` says of a path that its folder could not be read, so that its absence means nothing; `shown` makes a
    path what people call it. The same files and known cards, in any order, always give the same decisions.
    """
    work = _Work(
        files=sorted(files, key=lambda one: one.path),
        known={one.id: one for one in sorted(known, key=lambda one: one.id)},
    )
    _claim_by_front_matter(work, shown)
    _claim_by_path(work)
    _claim_by_likeness(work)
    _claim_anew(work)
    return _decisions(work, out_of_sight)


@dataclass
class _Work:
    files: Sequence[Found]
    known: Mapping[str, Known]
    #: Id by path, and path by id.
    claims: dict[str, str] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def claim(self, path: str, card_id: str) -> None:
        self.claims[path], self.holders[card_id] = card_id, path

    @property
    def open_files(self) -> list[Found]:
        return [one for one in self.files if one.path not in self.claims and one.path not in self.refused]

    def free(self, *, retired: bool) -> list[Known]:
        return [
            one
            for one in self.known.values()
            if one.id not in self.holders and bool(one.paths) is not retired
        ]


def _claim_by_front_matter(work: _Work, shown: Callable[[str], str]) -> None:
    by_path = {one.path: one for one in work.files}
    claimants: dict[str, list[str]] = {}
    for one in work.files:
        if one.id:
            claimants.setdefault(one.id, []).append(one.path)
    for card_id, paths in claimants.items():
        holder = _holder(card_id, work, by_path) or paths[0]
        work.claim(holder, card_id)
        for path in paths:
            if path != holder:
                work.refused.add(path)
                work.problems.append(
                    Problem(
                        what=f'id "{card_id}" is that of "{shown(holder)}" already; this file is not read',
                        where=shown(path),
                        remedy="remove the id from one of the two",
                    )
                )


def _holder(card_id: str, work: _Work, by_path: Mapping[str, Found]) -> str | None:
    """The file that has had this card until now, if it does not itself claim to be another."""
    paths = work.known[card_id].paths if card_id in work.known else ()
    return next((path for path in paths if path in by_path and by_path[path].id in {"", card_id}), None)


def _claim_by_path(work: _Work) -> None:
    # All first paths come before any second one: the database's word before the identities file's.
    most = max((len(one.paths) for one in work.known.values()), default=0)
    for rank in range(most):
        at = {one.paths[rank]: one.id for one in work.known.values() if len(one.paths) > rank}
        for one in work.open_files:
            card_id = at.get(one.path)
            if card_id and not one.id and card_id not in work.holders:
                work.claim(one.path, card_id)


def _claim_by_likeness(work: _Work) -> None:
    """Renames among what vanished, then returns among what was retired; the same content before the same title."""
    for retired in (False, True):
        for alike in (_content, _title, _first_title):
            candidates: dict[object, list[Known]] = {}
            for known in work.free(retired=retired):
                if (key := alike(known)) is not None:
                    candidates.setdefault(key, []).append(known)
            for one in work.open_files:
                if one.card is None or one.id:
                    continue
                if found := candidates.get(alike(one)):
                    work.claim(one.path, found.pop(0).id)


def _content(one: Found | Known) -> object:
    return one.digest


def _title(one: Found | Known) -> object:
    if isinstance(one, Known):
        return (one.title.casefold(), one.publisher.casefold()) if one.title else None
    return (one.card.title.casefold(), one.card.credit.publisher.casefold()) if one.card else None


def _first_title(one: Found | Known) -> object:
    """The id that was minted from title and publisher: it tells even when the database that knew them is lost."""
    if isinstance(one, Known):
        return one.id
    return mint_id(one.card, ()) if one.card else None


def _claim_anew(work: _Work) -> None:
    taken = set(work.known) | set(work.holders)
    for one in work.open_files:
        if one.card is not None:
            work.claim(one.path, mint_id(one.card, taken))
            taken.add(work.claims[one.path])


def mint_id(card: Card, taken: Container[str]) -> str:
    """A UUIDv5 (RFC 9562, section 5.5) of title and publisher, with a counter where that one is taken."""
    name = f"{card.title}\n{card.credit.publisher}"
    counter = 1
    while (minted := str(uuid.uuid5(NAMESPACE, name if counter == 1 else f"{name}\n{counter}"))) in taken:
        counter += 1
    return minted


def mint_address(title: str, card_id: str, taken: Container[str]) -> str:
    """The title's slug with the id's first six digits; with more of them where that address is taken."""
    stem, digits = slug(title), card_id.replace("-", "")
    candidates = [f"{stem}-{digits[:length]}" for length in range(6, len(digits) + 1)]
    return next((one for one in candidates if one not in taken), candidates[-1])


def _decisions(work: _Work, out_of_sight: Callable[[str], bool]) -> Decisions:
    addresses = {one.address for one in work.known.values()}
    by_path: dict[str, Identity] = {}
    kept: set[str] = set()
    for one in work.files:
        if one.path in work.claims and one.card is not None:
            identity = _identity(one, one.card, work, addresses)
            addresses.add(identity.address)
            by_path[one.path] = identity
        elif one.path in work.claims:
            kept.add(work.claims[one.path])
    gone = []
    for known in work.free(retired=False):
        if any(path in work.refused or out_of_sight(path) for path in known.paths):
            kept.add(known.id)
        else:
            gone.append(known.id)
    return Decisions(by_path, frozenset(kept), tuple(gone), tuple(work.problems))


def _identity(one: Found, card: Card, work: _Work, addresses: Container[str]) -> Identity:
    card_id = work.claims[one.path]
    known = work.known.get(card_id)
    if known is None:
        return Identity(id=card_id, address=mint_address(card.title, card_id, addresses), how=How.NEW)
    same = How.SAME if known.paths[:1] == (one.path,) else How.RENAMED
    how = same if known.paths else How.REVIVED
    return Identity(
        id=card_id, address=known.address or mint_address(card.title, card_id, addresses), how=how
    )
