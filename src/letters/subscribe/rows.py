"""A row of the CSV, and what it asks for; pure.

Which faults cost a line and which only a word: see ``docs/decisions/080-what-an-import-refuses.md``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from letters.model import Frequency, SubscriberStatus
from letters.subscribe.checks import LONGEST_NAME, check_address, check_reader_zone, is_language
from letters.subscribe.offer import Names

COLUMNS = (
    "email",
    "name",
    "zone",
    "language",
    "topics",
    "audiences",
    "editions",
    "status",
    "consent_at",
    "consent_source",
    "consent_wording",
    "frequency",
    "titles_only",
    "paused_until",
)
#: Before an edition's key: the subscriber left it.
LEFT_MARK = "!"
_SEPARATOR = "|"
_WORDS: Mapping[str, bool | None] = {"": None, "yes": True, "no": False, "true": True, "false": False}
# What spreadsheets take for a formula; an apostrophe before it says that it is text.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one line says, checked. Lists are keys; what the line leaves empty is empty."""

    line: int
    email: str
    name: str = ""
    zone: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()
    #: Editions that the line says were left.
    left: tuple[str, ...] = ()
    status: SubscriberStatus = SubscriberStatus.PENDING
    consent_at: datetime | None = None
    consent_source: str = ""
    consent_wording: str = ""
    frequency: Frequency | None = None
    titles_only: bool | None = None
    paused_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNames:
    """What lists of a row may name."""

    editions: Names
    topics: Names
    audiences: Names


@dataclass(slots=True)
class ReadRow:
    """A row, or None if the line cannot be used, and what is wrong with it."""

    row: Row | None = None
    faults: list[str] = field(default_factory=list)


def guard_cell(value: str) -> str:
    """A cell as it is exported: what a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{value}" if _FORMULA.match(value) else value


def unguard_cell(value: str) -> str:
    """A cell as it was meant; undoes `guard_cell` exactly."""
    return value[1:] if value.startswith("'") and _FORMULA.match(value) else value


def join_list(keys: Iterator[str] | tuple[str, ...]) -> str:
    """A list as one cell."""
    return _SEPARATOR.join(keys)


def read_row(cells: Mapping[str, str], *, line: int, known: KnownNames, now: datetime) -> ReadRow:
    """What a line of the CSV says."""
    read = ReadRow()
    try:
        email = check_address(cells.get("email", ""))
        status = _status(cells.get("status", ""))
        topics = _terms(cells.get("topics", ""), known.topics, read.faults)
        audiences = _terms(cells.get("audiences", ""), known.audiences, read.faults)
    except ValueError as error:
        read.faults.append(f"{error}; the line is left out")
        return read
    editions, left = _editions(cells.get("editions", ""), known.editions, read.faults)
    read.row = Row(
        line=line,
        email=email,
        name=_name(cells.get("name", ""), read.faults),
        zone=_zone(cells.get("zone", ""), read.faults),
        language=_language(cells.get("language", ""), read.faults),
        topics=topics,
        audiences=audiences,
        editions=editions,
        left=left,
        status=status,
        consent_at=_moment(cells.get("consent_at", ""), now, read.faults),
        consent_source=_text(cells.get("consent_source", "")),
        consent_wording=_text(cells.get("consent_wording", "")),
        frequency=_frequency(cells.get("frequency", ""), read.faults),
        titles_only=_yes_or_no(cells.get("titles_only", ""), read.faults),
        paused_until=_day(cells.get("paused_until", ""), read.faults),
    )
    return read


def _status(text: str) -> SubscriberStatus:
    word = text.strip().lower()
    if not word:
        return SubscriberStatus.PENDING
    try:
        return SubscriberStatus(word)
    except ValueError:
        raise ValueError(f'status "{text}" is not known, wanted "confirmed" or "pending"') from None


def _terms(text: str, names: Names, faults: list[str]) -> tuple[str, ...]:
    written = _items(text)
    keys = {name: names.find(name) for name in written}
    unknown = [names.complain(name) for name, key in keys.items() if key is None]
    if written and len(unknown) == len(keys):
        # Without its only words the choice would read "everything", which is not what was asked for.
        raise ValueError("; ".join(unknown))
    faults.extend(unknown)
    return tuple(sorted({key for key in keys.values() if key is not None}))


def _editions(text: str, names: Names, faults: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    wanted: set[str] = set()
    left: set[str] = set()
    for item in _items(text):
        name = item.removeprefix(LEFT_MARK).strip()
        key = names.find(name)
        if key is not None:
            (left if item.startswith(LEFT_MARK) else wanted).add(key)
        elif item.startswith(LEFT_MARK):
            # An edition that is configured no more was left all the same.
            left.add(name)
        else:
            faults.append(names.complain(name))
    return tuple(sorted(wanted - left)), tuple(sorted(left))


def _name(text: str, faults: list[str]) -> str:
    name = _text(text)
    if len(name) > LONGEST_NAME:
        faults.append(f"the name has {len(name)} characters and is cut off after {LONGEST_NAME}")
    return name[:LONGEST_NAME].strip()


def _zone(text: str, faults: list[str]) -> str:
    zone = text.strip()
    try:
        check_reader_zone(zone)
    except ValueError as error:
        faults.append(f"{error}; the site's zone is used")
        return ""
    return zone


def _language(text: str, faults: list[str]) -> str:
    language = text.strip()
    if language and not is_language(language):
        faults.append(f'language "{language}" is no language tag such as "en" or "pt-BR"; it is left out')
        return ""
    return language


def _moment(text: str, now: datetime, faults: list[str]) -> datetime | None:
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        faults.append(f'consent_at "{text}" is no date such as "2026-11-23"; it is left out')
        return None
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if moment > now:
        faults.append(f'consent_at "{text}" lies in the future; it is left out')
        return None
    return moment


def _frequency(text: str, faults: list[str]) -> Frequency | None:
    word = text.strip().lower()
    if not word:
        return None
    try:
        return Frequency(word)
    except ValueError:
        faults.append(f'frequency "{text}" is not known, wanted {" or ".join(Frequency)}; it is left out')
        return None


def _yes_or_no(text: str, faults: list[str]) -> bool | None:
    word = text.strip().lower()
    if word not in _WORDS:
        faults.append(f'titles_only "{text}" is neither "yes" nor "no"; it is left out')
    return _WORDS.get(word)


def _day(text: str, faults: list[str]) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        faults.append(f'paused_until "{text}" is no date such as "2026-11-23"; it is left out')
        return None


def _items(text: str) -> list[str]:
    return [item for part in text.split(_SEPARATOR) if (item := _text(part))]


def _text(text: str) -> str:
    """One line of text: control characters, which no name has, become blanks."""
    visible = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    return " ".join(visible.split())
