"""Which URLs may be asked, and where a redirect leads."""

from __future__ import annotations

import re

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
_PLAIN = re.compile(
    r"(https?)://(?![^/?]*xn--)([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::([1-5]?\d{1,4}))?(?:[/?]|$)"
)
_USUAL_PORTS = {"http": 80, "https": 443}
_UNDECODED = re.compile("[\udc80-\udcff]")


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


def is_blocked_port(url: URL) -> bool:
    """Whether the port belongs to another protocol."""
    return url.port in _BLOCKED_PORTS


def without_user(url: URL) -> URL:
    """The URL without a user's name and password."""
    return url.with_user(None) if url.user is not None or url.password is not None else url


def shown(url: str | URL) -> str:
    """A URL for a message: one short line without a password."""
    scheme, separator, rest = str(url).partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    line = scheme + separator + rest[authority.rfind("@") + 1 :]
    return "".join(character if character.isprintable() else "?" for character in line[:_LONGEST_SHOWN])
