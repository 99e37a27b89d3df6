"""Signed links: the addresses in mails, and of private feeds, that name a reader and need no login.

A token is ``UID.SIGNATURE``, ``UID.EDITION.SIGNATURE`` or ``UID.SERIAL.SIGNATURE`` and carries nothing else: no time, so that
links in old mails work for as long as the key is kept (R10), and the same link is the same bytes in every mail. The purpose is part of the
signature, so a token of one purpose is refused for another (``docs/decisions/011-link-tokens.md``).

A stamp is another thing: it says when a page was shown, and stands in the page's form (``docs/decisions/120-a-persons-click.md``).
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from letters.errors import LinkError

# What `subscribe` mints uids from, and what edition keys are made of; neither holds the separator.
_PART = re.compile(r"[A-Za-z0-9_-]+")
_SEPARATOR = "."
# Milliseconds since 1970, up to the year 5138.
_MOMENT = re.compile(r"[0-9]{1,14}")

#: The first part of a counted link's path, and its purpose.
_COUNTED = "to"
_COUNTED_BODY = re.compile(r"([1-9][0-9]{0,17})\.([1-9][0-9]{0,8})")


class Purpose(StrEnum):
    """What a link is for; also the first part of its path."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"
    PRIVATE = "private"
    ADDRESS = "address"


# Whose second part is a serial; of all others it is an edition.
_BY_SERIAL = frozenset({Purpose.PRIVATE, Purpose.ADDRESS})


@dataclass(frozen=True, slots=True)
class Token:
    """What a link says once its signature has been checked."""

    uid: str
    edition: str | None = None
    #: Of a private feed: which of the reader's addresses this is, for they can be replaced. Of a change of address: which end.
    serial: str | None = None


class Links:
    """Mints and reads the links of one site.

    The first key signs and every key is read, so a new key is put in front and old links go on working.
    """

    def __init__(self, keys: Sequence[str], base_url: str) -> None:
        if not keys or not all(keys):
            raise ValueError("links need at least one key, and no empty one")
        self._keys = tuple(keys)
        self._base_url = base_url.rstrip("/")

    def unsubscribe_url(self, uid: str, edition: str) -> str:
        return self._url(Purpose.UNSUBSCRIBE, uid, edition)

    def preferences_url(self, uid: str) -> str:
        return self._url(Purpose.PREFERENCES, uid)

    def confirm_url(self, uid: str) -> str:
        return self._url(Purpose.CONFIRM, uid)

    def private_url(self, uid: str, serial: str) -> str:
        """Without the ending that says the format."""
        return self._url(Purpose.PRIVATE, uid, serial)

    def address_url(self, uid: str, serial: str) -> str:
        """Where one end of a change of address agrees to it."""
        return self._url(Purpose.ADDRESS, uid, serial)

    def counted_url(self, issue_id: int, place: int) -> str:
        """A link of an issue whose clicks are counted; `place` is where it stands in the issue's list. It names no reader."""
        body = f"{issue_id}{_SEPARATOR}{place}"
        return f"{self._base_url}/{_COUNTED}/{_sign(self._keys[0], _COUNTED, body)}"

    def read_counted(self, token: str) -> tuple[int, int]:
        """The issue's id and the place that a counted link names. Raises `LinkError` if it is not one of ours."""
        body, _, _ = token.rpartition(_SEPARATOR)
        if not (found := _COUNTED_BODY.fullmatch(body)):
            raise LinkError("the link is damaged, wanted a whole address as it stands in the mail")
        self._check(token, _COUNTED, body)
        return int(found[1]), int(found[2])

    def stamp(self, page: str, *, at: datetime) -> str:
        """A signed note that a page was shown at that moment. `page` names it; what is stamped for one page is refused for another."""
        return _sign(self._keys[0], f"stamp {page}", str(round(at.timestamp() * 1000)))

    def read_stamp(self, page: str, stamp: str) -> datetime:
        """When the page was shown. Raises `LinkError` if this is not a stamp of ours for this page."""
        moment, _, _ = stamp.rpartition(_SEPARATOR)
        if not _MOMENT.fullmatch(moment):
            raise LinkError("the form's stamp is damaged, wanted the one that the page was shown with")
        self._check(stamp, f"stamp {page}", moment)
        return datetime.fromtimestamp(int(moment) / 1000, UTC)

    def read(self, purpose: Purpose | str, token: str) -> Token:
        """What the token says. Raises `LinkError` if it is not byte for byte one that we minted for this purpose."""
        body, _, _ = token.rpartition(_SEPARATOR)
        parts = body.split(_SEPARATOR)
        if len(parts) > 2 or not all(_PART.fullmatch(part) for part in parts):
            raise LinkError("the link is damaged, wanted a whole address as it stands in the mail")
        self._check(token, Purpose(purpose), body)
        if purpose in _BY_SERIAL:
            uid, serial = parts
            return Token(uid, serial=serial)
        return Token(*parts)

    def _check(self, token: str, purpose: str, body: str) -> None:
        # Compared as text: base64 has several spellings of one signature.
        found = token.encode("utf-8", "replace")
        minted = [_sign(key, purpose, body) for key in self._keys]
        if not any(hmac.compare_digest(found, one.encode()) for one in minted):
            raise LinkError(f'the link was changed or is not for "{purpose}", or its key is no longer kept')

    def _url(self, purpose: Purpose, *parts: str) -> str:
        for part in parts:
            if not _PART.fullmatch(part):
                raise ValueError(f'"{part}" cannot be part of a link, wanted letters, digits, "-" and "_"')
        return f"{self._base_url}/{purpose}/{_sign(self._keys[0], purpose, _SEPARATOR.join(parts))}"


def _sign(key: str, purpose: str, body: str) -> str:
    """The body and its HMAC with SHA-256, as base64url without padding (RFC 4648 section 5)."""
    # A copy of one that was begun takes half the time of a new one, and each mail needs two.
    mac = _begun(key, purpose).copy()
    mac.update(body.encode())
    return f"{body}{_SEPARATOR}{base64.urlsafe_b64encode(mac.digest()).rstrip(b'=').decode('ascii')}"


@lru_cache(maxsize=64)
def _begun(key: str, purpose: str) -> hmac.HMAC:
    """Begun with the purpose's own key, so that what was signed for one is refused for another."""
    return hmac.new(hmac.digest(key.encode(), f"letters {purpose}".encode(), "sha256"), digestmod="sha256")


def return_path(address: str, message_id: str) -> str:
    """Where bounces of one message go: ``bounces+TOKEN@DOMAIN``. TOKEN is the Message-ID's own part.

    That part is a digest of the issue and the reader's secret uid, in small letters, so that it survives systems that change their
    case, and nobody can make one up who has not seen the message.
    """
    local, _, domain = address.rpartition("@")
    return f"{local}+{_message_token(message_id)}@{domain}"


def read_return_path(address: str, recipient: str) -> str | None:
    """The TOKEN of a bounce's recipient; None if that is no `return_path` of this address."""
    local, _, domain = address.rpartition("@")
    found = re.fullmatch(
        rf"{re.escape(local)}\+([a-z2-7]{{32}})@{re.escape(domain)}", recipient.strip(), re.IGNORECASE
    )
    return found[1].lower() if found else None


def _message_token(message_id: str) -> str:
    return message_id.strip("<>").partition("@")[0]
