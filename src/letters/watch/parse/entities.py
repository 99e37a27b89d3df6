"""A document's prolog: entity bombs and external entities are refused (R66), the rest is reduced to what is harmless."""

from __future__ import annotations

import html.entities
import re
from collections import Counter
from dataclasses import dataclass

from letters.errors import UnreadableFeedError

_LONGEST_DOCTYPE = 32_768
_LARGEST_EXPANSION = 1_000_000

# The head of a document type declaration, up to its internal subset.
_DOCTYPE = re.compile(r"""<!DOCTYPE(?:[^\[>"']|"[^"]*"|'[^']*')*""", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:rss|feed|channel|rdf:RDF|[A-Za-z]\w{0,20}:(?:RDF|feed))\b")
_ANY_ROOT = re.compile(r"<[A-Za-z_]")
_BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_SUBSET_TOKEN = re.compile(
    r"""
      (?P<entity> <!ENTITY \s+ (?P<parameter> % \s+ )? (?P<name> [^\s>"'%]+ ) \s+
          (?: (?P<external> SYSTEM | PUBLIC ) \b | "(?P<double> [^"]* )" | '(?P<single> [^']* )' ) )
    | <!--.*?-->
    | "[^"]*" | '[^']*'
    | (?P<end> \] \s* > )
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMERIC = re.compile(r"&#(?:[xX]([0-9A-Fa-f]*)|([0-9]*));?")
_REFERENCE = re.compile(r"&([A-Za-z_][\w.-]*);")
_ANY_REFERENCE = re.compile(r"[&%][#\w]")
_PREDEFINED = frozenset({"lt", "gt", "amp", "quot", "apos"})


@dataclass(frozen=True, slots=True)
class Prolog:
    """What stands before the root element: plain entities, and where the root begins."""

    entities: dict[str, str]
    root_at: int


def without_prolog(text: str) -> str:
    """The document with nothing before its root but its plain entities.

    Plain is an entity of the document's own with a text of characters. Raises `UnreadableFeedError` for entities that
    refer to others, that are fetched from elsewhere, or that unfold to a multiple of the document.
    """
    prolog = read_prolog(text)
    root = text[prolog.root_at :]
    if not prolog.entities:
        return root
    _check_expansion(root, prolog.entities)
    declared = "".join(f'<!ENTITY {name} "{value}">\n' for name, value in prolog.entities.items())
    return f"<!DOCTYPE feed [\n{declared}]>\n{root}"


def read_prolog(text: str) -> Prolog:
    """Walk to the root element. Raises `UnreadableFeedError` (R66)."""
    at, entities = 0, dict[str, str]()
    while at < len(text):
        if (skipped := _BEFORE_ROOT.match(text, at)) is not None:
            at = skipped.end()
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            at, entities = _read_doctype(text, at)
        else:
            break
    return Prolog(entities, _root_at(text, at))


def _root_at(text: str, at: int) -> int:
    """Where the root begins; publishers' servers print warnings before it."""
    if _FEED_ROOT.match(text, at):
        return at
    root = _FEED_ROOT.search(text, at) or _ANY_ROOT.search(text, at)
    if root is None:
        raise UnreadableFeedError("a document without any element, not a feed")
    return root.start()


def _read_doctype(text: str, start: int) -> tuple[int, dict[str, str]]:
    matched = _DOCTYPE.match(text, start, start + _LONGEST_DOCTYPE)
    at = matched.end() if matched is not None else start + 9
    if text[at : at + 1] == "[":
        return _read_subset(text, at + 1)
    return at + 1, {}


def _read_subset(text: str, at: int) -> tuple[int, dict[str, str]]:
    """The internal subset: its plain entities, and where it ends."""
    entities: dict[str, str] = {}
    limit = min(len(text), at + _LONGEST_DOCTYPE)
    while at < limit:
        token = _SUBSET_TOKEN.match(text, at, limit)
        if token is None:
            at += 1
            continue
        at = token.end()
        if token["end"]:
            return at, entities
        if token["entity"]:
            _add_entity(entities, token)
    raise UnreadableFeedError("its document type declaration does not end; refused")


# A backslash is harmless in XML, but feedparser takes a value for a template of regular expressions.
_NOT_PLAIN = frozenset('<"%&\\')


def _add_entity(entities: dict[str, str], token: re.Match[str]) -> None:
    name = token["name"]
    if token["parameter"]:
        # Old RDF feeds name the public sets of HTML's entities this way; they are not fetched. Anything else is a trick.
        if token["external"] != "PUBLIC":
            raise UnreadableFeedError(f'it declares the parameter entity "{name[:40]}"; refused as unsafe')
        return
    if token["external"]:
        raise UnreadableFeedError(
            f'its entity "{name[:40]}" is to be fetched from elsewhere; refused as unsafe'
        )
    value = token["double"] if token["double"] is not None else token["single"]
    plain = _NUMERIC.sub(_character, value)
    if _ANY_REFERENCE.search(plain) and name not in _PREDEFINED:
        raise UnreadableFeedError(f'its entity "{name[:40]}" refers to other entities; refused as unsafe')
    if name not in _PREDEFINED and re.fullmatch(r"\w+", name) and not set(plain) & _NOT_PLAIN:
        entities.setdefault(name, plain)


def _character(reference: re.Match[str]) -> str:
    """The character that a numeric reference means; nothing where there is none (XML 1.0, production 2)."""
    digits = reference[1] or reference[2] or ""
    number = int(digits, 16 if reference[1] else 10) if 0 < len(digits) <= 7 else 0
    allowed = number in {9, 10, 13} or 0x20 <= number < 0xD800 or 0xE000 <= number < 0x110000
    return chr(number) if allowed else ""


def without_impossible_references(text: str) -> str:
    """The document without references to characters that do not exist, on which feedparser's tolerant reader breaks off."""
    return _NUMERIC.sub(lambda reference: reference[0] if _character(reference) else "", text)


def has_impossible_references(text: str) -> bool:
    """Whether a document refers to characters that do not exist."""
    return "&#" in text and any(not _character(reference) for reference in _NUMERIC.finditer(text))


def mended(text: str) -> str:
    """A document with the commonest slips put right: bare ampersands, and HTML's entities that XML does not know.

    For documents that are not well-formed only: what stands in CDATA is as it should be and is left alone.
    """
    declared = {*_PREDEFINED, *_DECLARED.findall(text[:_LONGEST_DOCTYPE])}

    def mend(match: re.Match[str]) -> str:
        found, name = match[0], match[1]
        if name and (name[0] == "#" or name in declared):
            return found
        known = html.entities.html5.get(f"{name};") if name else None
        return "".join(f"&#{ord(character)};" for character in known) if known else f"&amp;{found[1:]}"

    # By hand: a pattern that looks for the end of each CDATA section is quadratic where none of them ends.
    pieces, at = [], 0
    while at < len(text):
        start = text.find("<![CDATA[", at)
        end = text.find("]]>", start) if start >= 0 else -1
        upto = len(text) if end < 0 else start
        pieces += [_AMPERSAND.sub(mend, text[at:upto]), text[upto:end] if end >= 0 else ""]
        at = end if end >= 0 else len(text)
    return "".join(pieces)


_DECLARED = re.compile(r"<!ENTITY (\w+) ")
_AMPERSAND = re.compile(r"&(?:(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z_]\w*);)?")


def _check_expansion(root: str, entities: dict[str, str]) -> None:
    uses = Counter(_REFERENCE.findall(root))
    size = sum(uses[name] * len(value) for name, value in entities.items())
    if size > _LARGEST_EXPANSION:
        raise UnreadableFeedError(f"its entities unfold to {size:,} characters; refused as unsafe")
