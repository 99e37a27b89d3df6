"""Which URLs may be asked, and where a redirect leads."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

from yarl import URL

from letters.errors import FetchError

# Ports of other protocols, which a URL could make us speak to: those that browsers block (WHATWG Fetch, "port
# blocking"), and some databases.
# fmt: off
_BLOCKED_PORTS = frozenset((
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3306, 3659, 4045, 4190,
    5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211,
))
# fmt: on

_SCHEMES = frozenset({"http", "https"})
# Longer ones are in no feed; RFC 9110 section 4.1 wants 8,000 characters to be taken.
_LONGEST = 8_000
_LONGEST_SHOWN = 300

_IMPOSSIBLE = re.compile(r"[\x00-\x1f\x7f\\]")
# What is parsed of such an address is what stands there; names in Punycode are turned into what they spell.
_PLAIN_HOST = r"(https?)://(?![^/?]*xn--)([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)"
_PLAIN = re.compile(_PLAIN_HOST + r"(?::([1-5]?\d{1,4}))?(?:[/?]|$)")
# And this is sent as it stands there.
_PLAIN_TARGET = re.compile(_PLAIN_HOST + r"(?::([1-5]\d{0,4}|[6-9]\d{0,3}))?(/[!$-\[\]-~]*)")
_USUAL_PORTS = {"http": 80, "https": 443}
_UNDECODED = re.compile("[\udc80-\udcff]")
_UNQUOTED = re.compile(r"[^\x21-\x7e]")


class Target(NamedTuple):
    """Where one request goes: an address taken apart."""

    #: Whole, without its fragment and without a user's name and password.
    url: str
    scheme: str
    host: str
    port: int
    #: What to connect to, as an address: ``https://feeds.example:443/``.
    place: str
    #: What is asked for there, byte for byte: libcurl's own reading of an address may differ from ours.
    path: str
    #: What the user's name and password are sent as; empty where there are none.
    authorization: str = ""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Who answers for the address (RFC 6454)."""
        return self.scheme, self.host, self.port


def target_of(url: str) -> Target:
    """An address taken apart. Raises `FetchError` for what is no http or https address."""
    # Most are written so plainly, and parsing would take five times as long.
    if (plain := _PLAIN_TARGET.fullmatch(url)) and len(url) <= _LONGEST and not url.endswith("?"):
        scheme, host, stated, path = plain.groups()
        usual = _USUAL_PORTS[scheme]
        port = int(stated) if stated else usual
        # A port that is stated though it is the usual one is no part of the address as it is told.
        if not stated or port != usual:
            return Target(url, scheme, host, port, f"{scheme}://{host}:{port}/", path)
    return target_of_parsed(parse_url(url))


def target_of_parsed(url: URL) -> Target:
    """What `parse_url` or `parse_location` gave, taken apart."""
    here = without_user(url)
    return Target(
        url=str(here),
        scheme=url.scheme,
        host=url.host or "",
        port=url.port or 0,
        place=f"{url.scheme}://{url.host_subcomponent}:{url.port}/",
        path=_UNQUOTED.sub(_quoted, url.raw_path_qs),
        authorization=_basic(url.user, url.password or "") if url.user is not None else "",
    )


def _quoted(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogateescape"))


def _basic(user: str, password: str) -> str:
    """HTTP Basic (RFC 7617), in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def parse_url(url: str, *, base: URL | None = None) -> URL:
    """An http or https URL without its fragment, resolved against `base`. Raises `FetchError`."""
    if _IMPOSSIBLE.search(url):
        raise FetchError(shown(url), "the address holds characters that no address may hold")
    if len(url) > _LONGEST:
        raise FetchError(shown(url), f"the address is longer than {_LONGEST:,} characters")
    try:
        # What is quoted already is sent byte for byte: quoting again breaks signed addresses.
        parsed = URL(url, encoded=url.isascii() and " " not in url)
        parsed = base.join(parsed) if base is not None else parsed
        parsed = parsed.with_fragment(None) if "#" in url else parsed
        host, port = parsed.host, parsed.port
    except (ValueError, TypeError) as error:
        raise FetchError(shown(url), f"not an address: {error}") from error
    if parsed.scheme not in _SCHEMES:
        raise FetchError(shown(url), f'"{parsed.scheme[:40]}" addresses are not asked, only http and https')
    if not host or port is None:
        raise FetchError(shown(url), "the address names no host")
    return parsed


def place_of(url: str) -> tuple[str, int]:
    """The host and the port that an address leads to. Raises `FetchError`; what stands behind them is not looked at."""
    # Most are written so plainly, and parsing would take ten times as long.
    if plain := _PLAIN.match(url):
        scheme, host, port = plain.groups()
        return host, int(port) if port else _USUAL_PORTS[scheme]
    parsed = parse_url(url)
    return parsed.host or "", parsed.port or 0


def parse_location(location: str, *, base: URL) -> URL:
    """Where a redirect leads. Raises `FetchError`.

    Bytes that are no UTF-8 arrive as lone surrogates; they are sent as the bytes they were.
    """
    quoted = _UNDECODED.sub(lambda found: f"%{ord(found[0]) - 0xDC00:02X}", location)
    return parse_url(quoted, base=base)


def is_blocked_port(port: int) -> bool:
    """Whether the port belongs to another protocol."""
    return port in _BLOCKED_PORTS


def without_user(url: URL) -> URL:
    """The URL without a user's name and password."""
    return url.with_user(None) if url.user is not None or url.password is not None else url


def shown(url: str | URL) -> str:
    """A URL for a message: one short line without a password."""
    scheme, separator, rest = str(url).partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    line = scheme + separator + rest[authority.rfind("@") + 1 :]
    return "".join(character if character.isprintable() else "?" for character in line[:_LONGEST_SHOWN])
