"""Which compressed twin of a document a client wants (RFC 9110 section 12.5.3). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Coding:
    """A content coding: its name in headers, and what its twin's file name ends in."""

    name: bytes
    ending: str


#: In the order in which they are preferred where the client does not care: made once and with effort, Brotli's twin is
#: the smallest of a page or feed of some kilobytes (its dictionary holds the words of HTML), gzip's the largest.
CODINGS = (Coding(b"br", ".br"), Coding(b"zstd", ".zst"), Coding(b"gzip", ".gz"))

_ALIASES = {b"x-gzip": b"gzip"}  # RFC 9110 section 8.4.1.3
_ITEM = re.compile(
    rb"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*"
    rb"(?:;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
#: Longer than any client writes it.
_LONGEST_BYTES = 500


def wanted_codings(accept: bytes | None) -> tuple[Coding, ...]:
    """The codings to try, best first, before the document goes out as it is.

    By weight, and at equal weight in the order of `CODINGS`; a coding that weighs less than the plain document is not
    wanted. Without the header none is, for who does not name it may not undo it. An item that cannot be read counts for
    nothing. A client that refuses the plain document gets it all the same where it accepts no twin: RFC 9110 section
    12.1 leaves that to us, and who reads a feed is better served by the feed than by 406.
    """
    if not accept or len(accept) > _LONGEST_BYTES:
        return ()
    return _wanted(accept)


@lru_cache(maxsize=256)  # a few dozen spellings make up all requests
def _wanted(accept: bytes) -> tuple[Coding, ...]:
    weights = _read_weights(accept)
    others = weights.get(b"*", 0)
    # Named nowhere, the plain document is acceptable, but nobody asked for it.
    plain = weights.get(b"identity", others)
    weighed = [(weights.get(coding.name, others), coding) for coding in CODINGS]
    wanted = [one for one in weighed if one[0] > 0 and one[0] >= plain]
    return tuple(coding for _, coding in sorted(wanted, key=lambda one: -one[0]))


def _read_weights(accept: bytes) -> dict[bytes, int]:
    """Coding or ``*`` -> its weight in thousandths."""
    weights = {}
    for item in accept.split(b","):
        if read := _ITEM.fullmatch(item):
            name = read[1].lower()
            weights[_ALIASES.get(name, name)] = round(float(read[2] or b"1") * 1000)
    return weights
