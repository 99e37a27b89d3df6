"""One document, many readers' copies of it: each has a beginning of its own, and the rest is compressed and digested once. Pure."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property

from letters.publish import SharedDocument

#: RFC 1952 section 2.3: deflate, no flags, no time, no extra flags, unknown system.
_GZIP_HEADER = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255))
_RAW_DEFLATE = -zlib.MAX_WBITS
_LEVEL = 6


@dataclass(frozen=True)
class Copy:
    """What one reader gets, as it is or gzipped."""

    #: Strong, with its quotation marks: of these very bytes.
    etag: bytes
    size_bytes: int
    pieces: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


@dataclass(frozen=True)
class Original:
    """A shared document, ready for copies."""

    document: SharedDocument

    @property
    def size_bytes(self) -> int:
        # The rest compresses to a fifth or so.
        return len(self.document.beginning) + len(self.document.rest) * 5 // 4

    def copy(self, *, token: str, uid: str, gzipped: bool) -> Copy:
        beginning = self.document.beginning_for(token=token, uid=uid)
        return self._gzipped(beginning) if gzipped else self._plain(beginning)

    def _plain(self, beginning: bytes) -> Copy:
        pieces = (beginning, self.document.rest)
        return Copy(_etag(beginning, self._digest), sum(map(len, pieces)), pieces)

    def _gzipped(self, beginning: bytes) -> Copy:
        """One member of one stream: blocks of deflate that go back to no byte before them can be put behind one another."""
        first = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
        packed_beginning = first.compress(beginning) + first.flush(zlib.Z_FULL_FLUSH)
        packed, digest = self._packed
        rest = self.document.rest
        checksum = zlib.crc32(rest, zlib.crc32(beginning))
        end = struct.pack("<II", checksum, (len(beginning) + len(rest)) & 0xFFFFFFFF)
        pieces = (_GZIP_HEADER, packed_beginning, packed, end)
        return Copy(_etag(packed_beginning, digest), sum(map(len, pieces)), pieces)

    @cached_property
    def _digest(self) -> bytes:
        return hashlib.sha256(self.document.rest).digest()

    @cached_property
    def _packed(self) -> tuple[bytes, bytes]:
        """The rest, compressed; and the digest of that."""
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
        packed = packer.compress(self.document.rest) + packer.flush(zlib.Z_FINISH)
        return packed, hashlib.sha256(packed).digest()


def _etag(beginning: bytes, digest_of_rest: bytes) -> bytes:
    # The digest has a length of its own, so no other beginning and rest come to the same.
    return b'"%s"' % hashlib.sha256(digest_of_rest + beginning).hexdigest()[:32].encode()
