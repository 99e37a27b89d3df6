"""Forms as they come in: pure. Whatever is not offered is ignored, whatever is hostile is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Protocol
from urllib.parse import parse_qs
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from letters.calendar import check_zone
from letters.model import RECIPIENT_ZONE, Frequency
from letters.subscribe import Preferences
from letters.subscribe.checks import is_language

#: Every box of the longest form, and then some.
_MOST_FIELDS = 2_000
_LONGEST_NAME = 200
_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesForm:
    """What a reader ticked and wrote; keys only of what was offered, in the order in which it was."""

    name: str
    zone: str
    language: str
    frequency: Frequency
    titles_only: bool
    paused_until: date | None
    topics: tuple[str, ...]
    audiences: tuple[str, ...]
    editions: tuple[str, ...]


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


def read_form(body: bytes, content_type: str) -> Mapping[str, list[str]]:
    """The fields of an urlencoded form. Raises ValueError for anything else."""
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise ValueError(f'the body is "{content_type}", wanted an urlencoded form')
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)


def read_any_form(body: bytes, content_type: str) -> Mapping[str, list[str]]:
    """The fields of an urlencoded form; none for anything else, of which no program is told anything."""
    try:
        return read_form(body, content_type)
    except ValueError:
        return {}


def read_query(query: bytes) -> Mapping[str, list[str]]:
    """The fields after an address's question mark; none when they are too many."""
    try:
        return parse_qs(query.decode("ascii", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}


def read_preferences_form(fields: Mapping[str, list[str]], offered: Preferences) -> PreferencesForm:
    """What the preferences page sends. Raises ValueError for a body that is not from it.

    The page's hidden mark is wanted because nothing ticked means leaving: an empty body of a robot must not.
    """
    if fields.get("form") != ["preferences"]:
        raise ValueError("the form's mark is missing, wanted what the preferences page sends")
    return PreferencesForm(
        name=_read_name(_last(fields, "name")),
        zone=_read_zone(_last(fields, "zone")),
        language=_read_language(_last(fields, "language"), offered),
        frequency=_read_frequency(_last(fields, "frequency"), offered),
        titles_only=bool(_last(fields, "titles_only")),
        paused_until=_read_pause(_last(fields, "paused_until")),
        topics=_ticked(fields, "topic", offered.topics),
        audiences=_ticked(fields, "audience", offered.audiences),
        editions=_ticked(fields, "edition", offered.editions),
    )


def read_serial(fields: Mapping[str, list[str]]) -> str:
    """Which address of a reader's feed the form was shown with. Raises ValueError where it does not say so."""
    serial = _last(fields, "serial")
    if not serial:
        raise ValueError("the serial is missing, wanted what the preferences page sends")
    return serial


def languages_of(offered: Preferences, site_language: str) -> Mapping[str, str]:
    """The languages that may be chosen, each with its name in itself: those in which something comes, and the chosen one."""
    found = {site_language, *(edition.language for edition in offered.editions), offered.subscriber.language}
    return {tag: _language_name(tag) for tag in sorted(found - {""})}


def _language_name(tag: str) -> str:
    try:
        name = Locale.parse(tag, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return tag
    return name[:1].upper() + name[1:] if name else tag


def zones_by_region(chosen: str) -> dict[str, list[str]]:
    """The zones to choose from, by region; with the chosen one, whatever it is."""
    regions = {region: list(zones) for region, zones in _known_zones()}
    if chosen and not any(chosen in zones for zones in regions.values()):
        regions = {"": [chosen], **regions}
    return regions


@cache
def _known_zones() -> tuple[tuple[str, tuple[str, ...]], ...]:
    names = sorted(available_timezones())
    places = tuple(
        (region, tuple(name for name in names if name.startswith(f"{region}/"))) for region in _REGIONS
    )
    return (*places, ("UTC", ("UTC",)))


def _ticked(fields: Mapping[str, list[str]], name: str, offered: Iterable[_Keyed]) -> tuple[str, ...]:
    ticked = frozenset(fields.get(name, ()))
    return tuple(one.key for one in offered if one.key in ticked)


def _last(fields: Mapping[str, Sequence[str]], name: str) -> str:
    return fields.get(name, [""])[-1]


def _read_name(text: str) -> str:
    """One line: a name ends up in the headers of mails, where a line break would begin another header (R17)."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_LONGEST_NAME].rstrip()


def _read_zone(text: str) -> str:
    zone = text.strip()
    if zone == RECIPIENT_ZONE:
        raise ValueError(f'"{zone}" is not a time zone')
    if zone:
        check_zone(zone)
    return zone


def _read_language(text: str, offered: Preferences) -> str:
    """What is not a language leaves things as they are, as a form without the field does."""
    return text if is_language(text) or not text else offered.subscriber.language


def _read_frequency(text: str, offered: Preferences) -> Frequency:
    if not text:
        return offered.subscriber.frequency
    return Frequency(text)


def _read_pause(text: str) -> date | None:
    """A date field's value (HTML, "valid date string"); empty: no pause."""
    return date.fromisoformat(text.strip()) if text.strip() else None
