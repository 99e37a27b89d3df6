"""What a document is, and its bytes as text."""

from __future__ import annotations

import codecs
import re
from enum import Enum, auto

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# "<" in encodings of more than one byte, for documents without a byte order mark (XML 1.0, appendix F).
_WIDE_STARTS = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:+-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:+-]+)[\"']")
# Codecs of Python that are no encodings of text on the web; some of them are slow on purpose-made input.
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7", "undefined"})
# gb18030 reads all that is declared as gb2312, and what publishers write besides; likewise windows-1252 and Latin-1.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252"}
# No feed may hold these (XML 1.0, production 2, and JSON by sense); one of them makes strict parsers give up.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROL_BYTES = bytes(set(range(0x20)) - set(b"\t\n\r"))

# How nearly all feeds begin.
_FEED = re.compile(rb"\s*(?:<\?xml[^<>]*\?>\s*)?<(?:rss|feed|rdf:RDF)[\s>]")
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_MEDIA = (b"ID3", b"OggS", b"\xff\xfb", b"RIFF", b"fLaC")
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


class Kind(Enum):
    """What a document looks like from its beginning."""

    XML = auto()
    JSON = auto()
    HTML = auto()
    EMPTY = auto()
    PDF = auto()
    IMAGE = auto()
    MEDIA = auto()
    TEXT = auto()


def kind_of(body: bytes) -> Kind:
    """Judged by content: what servers say about their feeds' type is too often wrong."""
    if _FEED.match(body):
        return Kind.XML
    start = _beginning(body)
    if not start:
        return Kind.EMPTY
    if start[0] == "{":
        return Kind.JSON
    if start[0] == "<":
        return Kind.HTML if _is_html(start) else Kind.XML
    return _kind_of_binary(body) or (Kind.XML if _ROOT.search(start) and "<rss" in start else Kind.TEXT)


def _beginning(body: bytes) -> str:
    """The first kilobytes as text, without what may stand before a document."""
    head = body[:4096]
    encoding = _declared_by_bytes(head) or "latin-1"
    return head.decode(encoding, "replace").replace("\0", "").lstrip("\ufeff \t\r\n\xef\xbb\xbf")


def _is_html(start: str) -> bool:
    """Whether the root is HTML: XML feeds may mention it, but not as their first element."""
    bare = re.sub(r"<!--.*?(?:-->|$)|<\?.*?(?:\?>|$)", "", start, flags=re.DOTALL).lstrip()
    return _HTML.match(bare) is not None


def _kind_of_binary(body: bytes) -> Kind | None:
    if body.startswith(b"%PDF"):
        return Kind.PDF
    if body.startswith(_IMAGES):
        return Kind.IMAGE
    return Kind.MEDIA if body.startswith(_MEDIA) or body[4:8] == b"ftyp" else None


def decode(body: bytes, content_type: str = "") -> str:
    """The document as text, without characters that no feed may hold.

    In this order: a byte order mark, the HTTP charset, the XML declaration (RFC 7303 section 3.2), then UTF-8 and
    windows-1252. What is valid UTF-8 beyond ASCII is taken as UTF-8 whatever is declared: in practice nothing else is.
    """
    text = _decode(body, content_type)
    return text if _is_clean(text) else _FORBIDDEN.sub("", text)


def _is_clean(text: str) -> bool:
    """Whether nothing in a text is forbidden; asked of its bytes, which takes a tenth of the pattern's time."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False
    return len(data.translate(None, _CONTROL_BYTES)) == len(data) and (
        len(data) == len(text) or not ("\ufffe" in text or "\uffff" in text)
    )


def _decode(body: bytes, content_type: str) -> str:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    by_bytes = _declared_by_bytes(body)
    if by_bytes:
        return body.decode(by_bytes, "replace")
    if not body.isascii():
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    for encoding in (*_declared(body, content_type), "utf-8", "cp1252"):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("utf-8", "replace")


def _declared_by_bytes(body: bytes) -> str | None:
    for mark, encoding in (*_BOMS, *_WIDE_STARTS):
        if body.startswith(mark):
            return encoding
    return None


def _declared(body: bytes, content_type: str) -> list[str]:
    """Encodings that the header and the document name, as Python knows them."""
    charset, xml = _CHARSET.search(content_type), _XML_ENCODING.match(body[:400])
    names = [charset.group(1)] if charset else []
    names += [xml.group(1).decode("ascii")] if xml else []
    return [encoding for name in names if (encoding := _codec(name))]


def _codec(name: str) -> str | None:
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return None
    if known in _NOT_CHARSETS or known.startswith(("utf-16", "utf-32")):
        # A document that declares UTF-16 and is not (see the order above) was converted by somebody since.
        return None
    return _WIDER.get(known, known)
