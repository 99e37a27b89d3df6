"""Kinds of values in the TOML files: what they accept, and what they say of what they do not.

A check raises ValueError with a clause that begins with the value found, says what was wanted, and ends, after a semicolon,
with what mends it; `letters.settings.problems` puts the place before it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from letters.calendar import check_cron, check_zone
from letters.settings.colours import DARK_GROUNDS, LIGHT_GROUNDS, check_contrast
from letters.settings.mail_lines import check_mail_line, check_sender_line
from letters.settings.podcast_categories import check_podcast_category
from letters.text import KEY, slug, strip_controls

_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?=.)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_LONGEST = timedelta(days=36_500)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*",
    re.IGNORECASE,
)


def parse_duration(value: object) -> timedelta:
    """``"1d12h"`` as a timedelta. Raises ValueError with what was wanted."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    shown = f'"{value}"' if isinstance(value, str) else value
    if match is None:
        raise ValueError(f'{shown} is no duration; wanted one such as "14d", "12h", "1h30m" or "1s"')
    # Python counts no further than 10^9 days; a hundred years is for ever.
    seconds = sum(int(part or 0) * size for part, size in zip(match.groups(), _UNITS.values(), strict=True))
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f'{shown} is too long; wanted "{format_duration(_LONGEST)}" or less')
    return timedelta(seconds=seconds)


_RATE = re.compile(r"(\d{1,9})/([smhd])", re.ASCII)


def parse_rate(value: object) -> timedelta | None:
    """``"10/s"`` as what lies between two: a tenth of a second; ``""`` is None. Raises ValueError with what was wanted."""
    if value is None or value == "":
        return None
    if isinstance(value, timedelta):
        return value
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    shown = f'"{value}"' if isinstance(value, str) else value
    if match is None or not int(match[1]):
        raise ValueError(f'{shown} is no rate; wanted one such as "10/s", "600/m" or "5000/h"')
    spacing = timedelta(seconds=_UNITS[match[2]]) / int(match[1])
    if not spacing:
        raise ValueError(f'{shown} is too fast to be counted; wanted "1000000/s" or less, or ""')
    return spacing


def format_rate(value: timedelta | None) -> str:
    """A spelling that `parse_rate` reads as the same rate, as nearly as whole numbers say it."""
    if value is None:
        return ""
    for unit in "smh":
        count = timedelta(seconds=_UNITS[unit]) / value
        if count >= 1 and abs(count - round(count)) < 0.001:
            return f"{round(count)}/{unit}"
    return f"{max(1, round(timedelta(days=1) / value))}/d"


def format_duration(value: timedelta) -> str:
    """The shortest spelling that `parse_duration` reads as the same value; weeks are written as days."""
    seconds, parts = int(value.total_seconds()), []
    for unit, size in list(_UNITS.items())[1:]:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def at_least(shortest: str) -> AfterValidator:
    """Refuses durations that are shorter."""

    def check(value: timedelta) -> timedelta:
        if value < parse_duration(shortest):
            raise ValueError(f'"{format_duration(value)}" is too short; wanted "{shortest}" or more')
        return value

    return AfterValidator(check)


def _check_key(value: str) -> str:
    if not KEY.fullmatch(value):
        raise ValueError(
            f'"{value}" is no key, wanted small letters and digits joined by single hyphens; "{slug(value)}" would do'
        )
    return value


def _check_line_of_text(value: str) -> str:
    if value != strip_controls(value) or len(value.splitlines()) > 1:
        raise ValueError(
            f'"{ascii(value)[1:-1]}" holds line breaks or control characters; wanted one line of text'
        )
    return value


def _check_title(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty, wanted text")
    return _check_line_of_text(value)


def _check_when(value: str) -> str:
    # A cron expression is good or bad in any zone; the zone is checked where it stands.
    check_cron(value, "UTC")
    return value


def _check_edition_zone(value: str) -> str:
    try:
        check_zone(value)
    except ValueError as error:
        raise ValueError(str(error).removeprefix("zone ")) from error
    return value


def _check_site_zone(value: str) -> str:
    if value == "recipient":
        raise ValueError('"recipient" is no place; wanted an IANA name such as "Europe/Berlin"')
    return _check_edition_zone(value)


def _check_language(value: str) -> str:
    if value and not _LANGUAGE.fullmatch(value):
        raise ValueError(f'"{value}" is no language tag; wanted one such as "en", "en-US" or "pt-BR"')
    return value


def _split_web_url(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in value) or value != strip_controls(value):
        shown = ascii(re.sub(r"//[^/@]*@", "//", value))[1:-1]
        raise ValueError(f'"{shown}" is no web address; wanted one such as "https://signal.example"')
    return parts


def _check_source_url(value: str) -> str:
    _split_web_url(value)
    return value


def _check_optional_web_url(value: str) -> str:
    if not value:
        return value
    parts = _split_web_url(value)
    if "@" in parts.netloc:
        raise ValueError("holds a name or a password, which every reader would see; wanted the plain address")
    return value


def _check_base_url(value: str) -> str:
    parts = _split_web_url(value)
    if parts.query or parts.fragment or "?" in value or "#" in value:
        raise ValueError(
            f'"{value}" has a query or a fragment; wanted the plain address that links start with'
        )
    if "@" in parts.netloc:
        raise ValueError("holds a name or a password, which every reader would see; wanted the plain address")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _check_mailbox(value: str) -> str:
    name, address = parseaddr(_check_line_of_text(value))
    try:
        parsed = Address(display_name=name, addr_spec=address)
        usable = bool(parsed.username) and bool(_DOMAIN.fullmatch(parsed.domain.encode("idna").decode()))
    except (ValueError, MessageError, IndexError):  # IndexError: the parser at the end of a broken address
        usable = False
    if not usable:
        raise ValueError(f'"{value}" is no mail address; wanted one such as "Signal <news@signal.example>"')
    return value


def _check_optional_mailbox(value: str) -> str:
    return _check_mailbox(value) if value else value


def _check_domain(value: str) -> str:
    if value and not _DOMAIN.fullmatch(value):
        raise ValueError(f'"{value}" is no domain; wanted one such as "signal.example"')
    return value.lower()


def _check_optional_address(value: str) -> str:
    if value and ("@" not in value or re.search(r"[\s<>,;:\"+]", value) or _check_mailbox(value) != value):
        raise ValueError(f'"{value}" is no bare mail address; wanted one such as "bounces@signal.example"')
    # RFC 5321 section 4.5.3.1.1 allows 64 octets before the "@"; "+" and the token take 33 of them.
    if len(value.partition("@")[0].encode()) > 31:
        raise ValueError(f'"{value}" has too long a name; wanted at most 31 characters before the "@"')
    return value


def _check_selector(value: str) -> str:
    if not _DOMAIN.fullmatch(value):
        raise ValueError(
            f'"{value}" is no selector; wanted letters, digits and hyphens, such as "letters2026"'
        )
    return value.lower()


def _check_variable(value: str) -> str:
    if value and not re.fullmatch(r"LETTERS_[A-Z0-9_]+", value):
        raise ValueError(f'"{value}" is no name for it; wanted one such as "LETTERS_DKIM_KEY"')
    return value


def _check_private_place(value: str) -> str:
    try:
        ip_network(value.strip("[]"), strict=False)
    except ValueError:
        host, _, port = value.rpartition(":")
        if not (host and port.isdecimal() and 0 < int(port) < 65_536) or any(c in "/ \t\r\n" for c in value):
            raise ValueError(
                f'"{value}" is no private place; wanted a network such as "10.0.0.0/8", or "127.0.0.1:8900"'
            ) from None
    return value


def _check_accent(value: str) -> str:
    return check_contrast(value, LIGHT_GROUNDS)


def _check_accent_dark(value: str) -> str:
    return check_contrast(value, DARK_GROUNDS)


_HEX = Field(json_schema_extra={"pattern": "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"})

Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?$", "minLength": 2}),
]
#: What lies between two messages; None: no rate.
Rate = Annotated[
    timedelta | None,
    BeforeValidator(parse_rate),
    PlainSerializer(format_rate, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^(\d{1,9}/[smhd])?$"}),
]
Key = Annotated[str, AfterValidator(_check_key), Field(json_schema_extra={"pattern": f"^{KEY.pattern}$"})]
#: Text on one line that is not empty; and text on one line.
Title = Annotated[str, AfterValidator(_check_title), Field(json_schema_extra={"minLength": 1})]
Line = Annotated[str, AfterValidator(_check_line_of_text)]
When = Annotated[str, AfterValidator(_check_when)]
EditionZone = Annotated[str, AfterValidator(_check_edition_zone)]
SiteZone = Annotated[str, AfterValidator(_check_site_zone)]
Language = Annotated[str, AfterValidator(_check_language)]
SourceUrl = Annotated[
    str, AfterValidator(_check_source_url), Field(json_schema_extra={"pattern": "^https?://"})
]
OptionalWebUrl = Annotated[
    str, AfterValidator(_check_optional_web_url), Field(json_schema_extra={"pattern": "^(https?://.*)?$"})
]
PodcastCategory = Annotated[str, AfterValidator(check_podcast_category)]
BaseUrl = Annotated[str, AfterValidator(_check_base_url), Field(json_schema_extra={"pattern": "^https?://"})]
Mailbox = Annotated[str, AfterValidator(_check_mailbox)]
OptionalMailbox = Annotated[str, AfterValidator(_check_optional_mailbox)]
OptionalAddress = Annotated[str, AfterValidator(_check_optional_address)]
Selector = Annotated[str, AfterValidator(_check_selector)]
Variable = Annotated[str, AfterValidator(_check_variable)]
Domain = Annotated[str, AfterValidator(_check_domain)]
PrivatePlace = Annotated[str, AfterValidator(_check_private_place)]
MailLine = Annotated[str, AfterValidator(_check_line_of_text), AfterValidator(check_mail_line)]
SenderLine = Annotated[str, AfterValidator(_check_line_of_text), AfterValidator(check_sender_line)]
Accent = Annotated[str, AfterValidator(_check_accent), _HEX]
AccentDark = Annotated[str, AfterValidator(_check_accent_dark), _HEX]
