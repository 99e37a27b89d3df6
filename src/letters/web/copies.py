"""One document, many readers' copies of it: each has a beginning of its own; the rest is compressed and digested once. Pure."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache

from letters.publish import SharedDocument

#: RFC 1952 section 2.3: deflate, no flags, no time, no extra flags, unknown system.
_GZIP_HEADER = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255))
_RAW_DEFLATE = -zlib.MAX_WBITS
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Copy:
    """What one reader gets, as it is or gzipped."""

    #: Strong, with its quotation marks: of these very bytes.
    etag: bytes
    _pieces: tuple[bytes, ...]
    #: The last piece comes compressed, and is wanted as it is.
    _unpacks: bool = False

    @property
    def body(self) -> bytes:
        if not self._unpacks:
            return b"".join(self._pieces)
        *first, packed = self._pieces
        return b"".join((*first, zlib.decompress(packed, _RAW_DEFLATE)))


class Original:
    """A shared document, ready for copies. Held compressed, as nearly all readers want it."""

    def __init__(self, document: SharedDocument) -> None:
        rest = document.rest
        self._beginning = SharedDocument(
            beginning=document.beginning,
            rest=b"",
            token_mark=document.token_mark,
            guid_mark=document.guid_mark,
        )
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
        self._packed = packer.compress(rest) + packer.flush(zlib.Z_FINISH)
        self._length, self._checksum = len(rest), zlib.crc32(rest)
        self._digest = hashlib.sha256(rest).digest()
        self._packed_digest = hashlib.sha256(self._packed).digest()

    @property
    def size_bytes(self) -> int:
        # With a guess of what Python needs besides.
        return len(self._packed) + len(self._beginning.beginning) + 1_000

    def copy(self, *, token: str, uid: str, gzipped: bool) -> Copy:
        beginning = self._beginning.beginning_for(token=token, uid=uid)
        if not gzipped:
            return Copy(_etag(beginning, self._digest), (beginning, self._packed), _unpacks=True)
        # One member of one stream: blocks of deflate that go back to no byte before them can be put behind one another.
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
        first = packer.compress(beginning) + packer.flush(zlib.Z_FULL_FLUSH)
        checksum = _checksum_of_both(zlib.crc32(beginning), self._checksum, self._length)
        end = struct.pack("<II", checksum, (len(beginning) + self._length) & 0xFFFFFFFF)
        return Copy(_etag(first, self._packed_digest), (_GZIP_HEADER, first, self._packed, end))


def _checksum_of_both(first: int, second: int, second_length: int) -> int:
    """The CRC-32 of two pieces, from that of each: what zlib has as `crc32_combine`, and Python does not give.

    CRC-32 is linear: the first piece counts as it would before so many zeros, and zeros alone count for nothing.
    """
    zeros, nothing = _zeros(second_length)
    return zlib.crc32(zeros, first) ^ nothing ^ second


@lru_cache(maxsize=16)
def _zeros(length: int) -> tuple[bytes, int]:
    zeros = bytes(length)
    return zeros, zlib.crc32(zeros)


def _etag(beginning: bytes, digest_of_rest: bytes) -> bytes:
    # The digest has a length of its own, so no other beginning and rest come to the same.
    return b'"%s"' % hashlib.sha256(digest_of_rest + beginning).hexdigest()[:32].encode()
