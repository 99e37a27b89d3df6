"""What may be a subscriber's address, zone and language; pure."""

from __future__ import annotations

import re
import unicodedata

from letters.calendar import check_zone
from letters.model import RECIPIENT_ZONE
from letters.store.subscribers import domain_key

LONGEST_NAME = 200

# RFC 5322 atext, and RFC 6531's wider letters; quoted local parts, which nobody has, are refused.
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
# Well-formed by RFC 5646 section 2.1, as far as a reader's language needs it.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def check_reader_zone(zone: str) -> None:
    """Raises ValueError unless this is empty (the site's) or an IANA time zone."""
    if zone == RECIPIENT_ZONE:
        raise ValueError(
            f'zone "{zone}" is for editions; a reader\'s is an IANA name such as "Europe/Berlin"'
        )
    if zone:
        check_zone(zone)


def is_language(text: str) -> bool:
    """Whether this has the form of a language tag, such as "en" or "pt-BR"."""
    return _LANGUAGE.fullmatch(text) is not None


def check_address(text: str) -> str:
    """The address as it is kept: NFC, without blanks around it. Raises ValueError saying what was wanted.

    Lengths are those of RFC 5321 section 4.5.3.1. Whether a mailbox exists, only a mail can tell.
    """
    address = unicodedata.normalize("NFC", text.strip())
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise ValueError(f'"{text}" is no address, wanted one such as "name@domain.example"')
    if not _LOCAL.fullmatch(local) or len(local.encode()) > 64:
        raise ValueError(
            f'"{text}" is no address: "{local}" cannot stand before the "@"; wanted letters, digits, ".", "-", "+"'
        )
    _check_domain(text, domain)
    return address


def _check_domain(text: str, domain: str) -> None:
    try:
        labels = domain_key(domain).split(".")
    except ValueError as error:
        raise ValueError(f'"{text}" is no address: "{domain}" is no domain ({error})') from error
    fits = all(len(label) <= 63 and _LABEL.fullmatch(label) for label in labels)
    if not fits or len(labels) < 2 or len(domain_key(domain)) > 253 or labels[-1].isdigit():
        raise ValueError(f'"{text}" is no address: "{domain}" is no domain such as "domain.example"')
