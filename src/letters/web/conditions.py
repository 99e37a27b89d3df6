"""Whether a client holds what it asks for already (RFC 9110 section 13). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one version of a document from another: a strong entity tag and a date."""

    #: As in the header, with its quotation marks.
    etag: bytes
    #: Seconds since 1970.
    changed: int

    @property
    def last_modified(self) -> bytes:
        return formatdate(self.changed, usegmt=True).encode()


def is_held(validators: Validators, *, if_none_match: bytes | None, if_modified_since: bytes | None) -> bool:
    """Whether the answer is 304. Where there is an If-None-Match, the date is not looked at (section 13.2.2; R53).

    `validators` are those of the very representation that would be sent: a client that holds the Brotli twin and now asks
    for gzip holds another one, and 304 would make it take the one for the other (section 8.8.3.3).
    """
    if if_none_match is not None:
        # Compared weakly (section 13.1.2), which for a tag of ours means: is it there, with or without ``W/``. A tag holds
        # no quotation mark, so in a list that is well-formed ours stands only where it is meant.
        return validators.etag in if_none_match or if_none_match.strip() == b"*"
    if if_modified_since is None:
        return False
    return validators.changed <= _read_date(if_modified_since)


def _read_date(value: bytes) -> float:
    """Seconds since 1970; before everything for what is no date, which is to be ignored (section 13.1.3)."""
    try:
        # A date without a zone, as in C's asctime, is UTC.
        read = parsedate_to_datetime(value.decode("latin-1"))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return float("-inf")
