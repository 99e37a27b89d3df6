"""The edge between folder and store. All deciding is done by the pure modules beside this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from letters.cards.folder import Scan, scan_folder
from letters.cards.identities_file import NAME, Remembered, write_identities
from letters.cards.identity import Decisions, Found, Identity, Known, identify
from letters.cards.vocabulary import SLIP, Unknown, Vocabulary
from letters.errors import Problem
from letters.model import Audience, Card, Progress, Topic
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.cards import (
    StoredCard,
    add_cards,
    load_card_audiences,
    load_card_topics,
    load_cards,
    retire_cards,
    set_card_audiences,
    set_card_topics,
    update_cards,
)
from letters.store.vocabulary import load_audiences, load_topics, save_audiences, save_topics

T = TypeVar("T", Topic, Audience)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsReport:
    """What a pass over the folder found and did."""

    #: Card files that could be read.
    read: int = 0
    #: Cards that are new, say something else, moved to another file, or came back.
    changed: int = 0
    #: Cards whose file is gone since the last pass.
    retired: int = 0
    problems: tuple[Problem, ...] = ()


def sync_cards(
    store: Store, workspace: Workspace, settings: Settings, *, now: datetime, progress: Progress | None = None
) -> CardsReport:
    """Bring the store to what the folder says now; a second time nothing changes.

    Problems of files are told on every pass while they last. A file that cannot be read keeps its card as it was last
    read. A card is retired when its file is gone, never because a folder is out of reach. One transaction holds all
    changes; the identities file follows it, and the next pass mends what a kill in between left open.
    """
    with store.read() as connection:
        seen = {one.path: _as_found(one) for one in load_cards(connection) if one.path and _read_well(one)}
    scan = scan_folder(workspace, progress, seen=seen)
    shown = _shown(workspace)
    with store.write() as connection:
        stored = {one.card.id: one for one in load_cards(connection, retired=True)}
        _doubt_emptiness(scan, stored.values(), where=workspace.shown(workspace.cards))
        decisions = identify(scan.files, _known(stored, scan), out_of_sight=scan.out_of_sight, shown=shown)
        after = _after(scan, decisions, stored, now=now)
        _write_cards(connection, stored, after, now=now)
        unknown = _write_names(connection, settings, after, shown=shown, now=now)
    # A file that cannot be read is left for a person to mend: it may hold what the database does not know.
    if scan.remembered is not None and not scan.out_of_sight("") and (after or scan.remembered):
        write_identities(workspace.cards / NAME, _identities(scan, after))
    return _report(scan, decisions, stored, after, unknown)


def check_cards(workspace: Workspace, settings: Settings) -> tuple[Problem, ...]:
    """The problems of all card files, without a store: each name that ``topics.toml`` does not declare is told."""
    scan, shown = scan_folder(workspace), _shown(workspace)
    decisions = identify(scan.files, (), shown=shown)
    named = {one.path: one.card for one in scan.files if one.card is not None}
    vocabulary = Vocabulary(settings.topics, settings.audiences)
    return (*scan.problems, *decisions.problems, *_name_problems(vocabulary, named, shown=shown))


def _shown(workspace: Workspace) -> Callable[[str], str]:
    return lambda path: workspace.shown(workspace.cards / path)


def _doubt_emptiness(scan: Scan, stored: Iterable[StoredCard], *, where: str) -> None:
    """An unmounted disk leaves an empty folder; whoever deletes all cards by hand leaves the identities file."""
    current = sum(1 for one in stored if one.retired_at is None)
    if current and not scan.files and not scan.has_identities and not scan.unlisted:
        scan.unlisted.append("")
        what = f'found nothing, not even "{NAME}", where {current} cards were; all of them stay as they were'
        remedy = f'restore the folder, or make an empty "{NAME}" there to retire them'
        scan.problems.append(Problem(what=what, where=where, remedy=remedy))


# --- what need not be read again --------------------------------------------------------------------------

# Raised whenever a change of the reader gives some file another card.
_READER = "r1"


def _mark(found: Found) -> str:
    """The digest as stored: it names the reader's version when that reader had nothing to tell of the file."""
    return f"{found.digest}.{_READER}" if found.clean else found.digest


def _digest(stored: StoredCard) -> str:
    return stored.digest.partition(".")[0]


def _read_well(stored: StoredCard) -> bool:
    return stored.digest.partition(".")[2] == _READER


def _as_found(stored: StoredCard) -> Found:
    """The file as it was read before. Its card bears its id now, which its path says too."""
    return Found(path=stored.path or "", digest=_digest(stored), card=stored.card)


# --- identities ------------------------------------------------------------------------------------------


def _known(stored: Mapping[str, StoredCard], scan: Scan) -> list[Known]:
    """Database and identities file as one; of a card that both know, the database knows more."""
    remembered = {one.id: one for one in scan.remembered or ()}
    lost = [
        Known(id=one.id, address=one.address, digest=one.digest, paths=(one.path,) if one.path else ())
        for one in remembered.values()
        if one.id not in stored
    ]
    return [_known_card(one, remembered.get(card_id)) for card_id, one in stored.items()] + lost


def _known_card(one: StoredCard, remembered: Remembered | None) -> Known:
    paths = [one.path] if one.path else []
    # The path in the identities file counts too: it may have come with the cards from another machine.
    if paths and remembered and remembered.path not in {"", one.path}:
        paths.append(remembered.path)
    return Known(
        id=one.card.id,
        address=one.card.address,
        digest=_digest(one),
        paths=tuple(paths),
        title=one.card.title,
        publisher=one.card.credit.publisher,
    )


def _identities(scan: Scan, after: Mapping[str, StoredCard]) -> list[Remembered]:
    """What the identities file is to say: the database's cards, and those that only the file knows."""
    rows = {
        card_id: Remembered(path=one.path or "", id=card_id, digest=_digest(one), address=one.card.address)
        for card_id, one in after.items()
    }
    taken = {one.path for one in rows.values()}
    there = {one.path for one in scan.files} - taken
    lost = {
        one.id: one if one.path in there or scan.out_of_sight(one.path) else replace(one, path="")
        for one in scan.remembered or ()
    }
    return list((lost | rows).values())


# --- cards -----------------------------------------------------------------------------------------------


def _after(
    scan: Scan, decisions: Decisions, stored: Mapping[str, StoredCard], *, now: datetime
) -> dict[str, StoredCard]:
    """All cards by id as they are after this pass."""
    after = dict(stored)
    for card_id in decisions.retired:
        if card_id in stored:
            after[card_id] = replace(stored[card_id], path=None, retired_at=now)
    for found in scan.files:
        identity = decisions.by_path.get(found.path)
        if identity is not None and found.card is not None:
            before = stored.get(identity.id)
            after[identity.id] = _stored_card(found, found.card, identity, before, now=now)
    return after


def _stored_card(
    found: Found, said: Card, identity: Identity, before: StoredCard | None, *, now: datetime
) -> StoredCard:
    card = replace(said, id=identity.id, address=identity.address)
    return StoredCard(
        card=card,
        path=found.path,
        digest=_mark(found),
        first_read_at=before.first_read_at if before else now,
        changed_at=before.changed_at if before and before.card == card else now,
    )


def _write_cards(
    c: Connection, stored: Mapping[str, StoredCard], after: Mapping[str, StoredCard], *, now: datetime
) -> None:
    retired = [i for i, one in after.items() if one.retired_at and i in stored and not stored[i].retired_at]
    # First of all they free their paths: another file may have taken one already.
    retire_cards(c, retired, at=now)
    current = {i: one for i, one in after.items() if not one.retired_at}
    update_cards(c, [one for i, one in current.items() if i in stored and one != stored[i]])
    add_cards(c, [one for i, one in current.items() if i not in stored])


def _report(
    scan: Scan,
    decisions: Decisions,
    stored: Mapping[str, StoredCard],
    after: Mapping[str, StoredCard],
    unknown: Sequence[Problem],
) -> CardsReport:
    current = {i: one for i, one in after.items() if not one.retired_at}
    changed = sum(1 for i, one in current.items() if i not in stored or not _says_same(one, stored[i]))
    retired = sum(1 for i in decisions.retired if i in stored)
    problems = (*scan.problems, *decisions.problems, *unknown)
    return CardsReport(read=len(decisions.by_path), changed=changed, retired=retired, problems=problems)


def _says_same(one: StoredCard, before: StoredCard) -> bool:
    """A file that was merely saved again, with other line ends perhaps, is no change."""
    return replace(one, digest=before.digest) == before


# --- topics and audiences --------------------------------------------------------------------------------


def _write_names(
    c: Connection,
    settings: Settings,
    after: Mapping[str, StoredCard],
    *,
    shown: Callable[[str], str],
    now: datetime,
) -> list[Problem]:
    """Resolve the names of all current cards anew, for the vocabulary may have changed, and write what differs."""
    topics = _undeclared(load_topics(c), settings.topics)
    audiences = _undeclared(load_audiences(c), settings.audiences)
    vocabulary = Vocabulary((*settings.topics, *topics), (*settings.audiences, *audiences))
    current = sorted((one for one in after.values() if one.path), key=lambda one: one.path or "")
    problems = _name_problems(vocabulary, {one.path or "": one.card for one in current}, shown=shown)
    save_topics(c, (*settings.topics, *topics, *vocabulary.topics.created), now=now)
    save_audiences(c, (*settings.audiences, *audiences, *vocabulary.audiences.created), now=now)
    resolved = {one.card.id: vocabulary.resolve(one.card) for one in current}
    set_card_topics(c, _differing({i: _keys(one.topics) for i, one in resolved.items()}, load_card_topics(c)))
    set_card_audiences(
        c, _differing({i: _keys(one.audiences) for i, one in resolved.items()}, load_card_audiences(c))
    )
    return problems


def _undeclared(stored: Mapping[str, T], declared: Iterable[T]) -> list[T]:
    """Stored ones that the settings do not declare, or no longer do."""
    keys = {one.key for one in declared}
    return [replace(one, declared=False) for key, one in stored.items() if key not in keys]


def _keys(found: Iterable[Topic | Audience]) -> tuple[str, ...]:
    return tuple(one.key for one in found)


def _differing(
    wanted: Mapping[str, tuple[str, ...]], stored: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {card_id: keys for card_id, keys in wanted.items() if keys != stored.get(card_id, ())}


def _name_problems(
    vocabulary: Vocabulary, cards: Mapping[str, Card], *, shown: Callable[[str], str]
) -> list[Problem]:
    """One problem per name that is unknown, at the first card that names it."""
    topics: dict[str, str] = {}
    audiences: dict[str, str] = {}
    for path, card in cards.items():
        found = vocabulary.resolve(card)
        for one in found.topics:
            topics.setdefault(one.key, path)
        for other in found.audiences:
            audiences.setdefault(other.key, path)
    return [
        *(_problem(one, shown(topics[one.key])) for one in vocabulary.topics.unknown(topics)),
        *(_problem(one, shown(audiences[one.key])) for one in vocabulary.audiences.unknown(audiences)),
    ]


def _problem(unknown: Unknown, where: str) -> Problem:
    what = f'{unknown.noun} "{unknown.name}" is not declared; it has the key "{unknown.key}"'
    declare = "declare it in config/topics.toml"
    if unknown.likeness >= SLIP:
        remedy = f'did you mean "{unknown.nearest_name}"? write it so, make it an alias, or {declare}'
    elif unknown.nearest_name:
        remedy = f'the nearest declared one is "{unknown.nearest_name}"; {declare}, or make it an alias'
    else:
        remedy = declare
    return Problem(what=what, where=where, remedy=remedy)
