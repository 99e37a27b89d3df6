"""Reading an SPF record (RFC 7208 sections 4.5, 4.6.1 and 12); pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

_VERSION = re.compile(r"v=spf1(?= |\Z)", re.IGNORECASE)
_TERM = re.compile(
    r"(?P<qualifier>[+?~-]?)(?P<name>[a-z]+)(?P<argument>[:=/][^ ]*)?", re.IGNORECASE | re.ASCII
)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9._-]*)=(?P<value>[^ ]*)", re.IGNORECASE | re.ASCII)
_LENGTHS = re.compile(r"(?P<domain>.*?)(?:/(?P<v4>\d{1,2}))?(?://(?P<v6>\d{1,3}))?")
_MACROS = re.compile(r"(?:[!-$&-~]|%%|%_|%-|%\{[slodiphcrtv]\d{0,3}r?[-.+,/_=]*\})*", re.IGNORECASE)
_LONGEST_V4, _LONGEST_V6 = 32, 128


class SpfSyntaxError(ValueError):
    """A record that receivers reject as a whole: a permanent error ("permerror")."""


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism of a record, such as ``~include:relay.example``."""

    #: As it is written.
    text: str
    qualifier: str
    name: str
    #: The domain that it names, macros not yet expanded; empty: the record's own.
    domain: str = ""
    #: Of the addresses that are compared, how many bits count.
    v4_length: int = _LONGEST_V4
    v6_length: int = _LONGEST_V6
    network: IPv4Network | IPv6Network | None = None


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """A whole record."""

    text: str
    terms: tuple[Term, ...]
    #: Where to go on if no mechanism matches; not used where there is an ``all``.
    redirect: str = ""

    @property
    def last_word(self) -> str:
        """The qualifier of ``all``; empty where there is none."""
        return next((term.qualifier for term in self.terms if term.name == "all"), "")


def spf_records(texts: Iterable[str]) -> list[str]:
    """Those of a name's TXT records that are SPF records; there should be one."""
    return [text for text in texts if _VERSION.match(text)]


def read_spf(text: str) -> SpfRecord:
    """Read one record. Raises `SpfSyntaxError`, for one wrong term makes the whole void (section 4.6)."""
    terms: list[Term] = []
    modifiers: dict[str, str] = {}
    for word in text.split(" ")[1:]:
        if not word:
            continue
        if modifier := _MODIFIER.fullmatch(word):
            name = modifier["name"].lower()
            if name in modifiers and name in {"redirect", "exp"}:
                raise SpfSyntaxError(f'"{name}" is there twice')
            modifiers[name] = _checked(modifier["value"], word, is_needed=name in {"redirect", "exp"})
        else:
            terms.append(_read_term(word))
    has_all = any(term.name == "all" for term in terms)
    return SpfRecord(text, tuple(terms), "" if has_all else modifiers.get("redirect", ""))


def _read_term(word: str) -> Term:
    found = _TERM.fullmatch(word) or re.fullmatch(
        r"(?P<qualifier>[+?~-]?)(?P<name>ip[46])(?P<argument>:.*)", word, re.IGNORECASE
    )
    if found is None:
        raise SpfSyntaxError(f'"{word}" is no mechanism')
    qualifier, name, argument = found["qualifier"] or "+", found["name"].lower(), found["argument"] or ""
    if name == "all" and not argument:
        return Term(word, qualifier, name)
    if name in {"ip4", "ip6"} and argument:
        return Term(word, qualifier, name, network=_network(argument[1:], name, word))
    if name in {"include", "exists"} and argument.startswith(":"):
        return Term(word, qualifier, name, _checked(argument[1:], word, is_needed=True))
    if name == "ptr" and (not argument or argument.startswith(":")):
        return Term(word, qualifier, name, _checked(argument[1:], word, is_needed=bool(argument)))
    if name in {"a", "mx"} and not argument.startswith("="):
        return _with_lengths(word, qualifier, name, argument)
    raise SpfSyntaxError(f'"{word}" is no mechanism')


def _with_lengths(word: str, qualifier: str, name: str, argument: str) -> Term:
    lengths = _LENGTHS.fullmatch(argument)
    assert lengths is not None, "the expression takes any text"
    v4, v6 = int(lengths["v4"] or _LONGEST_V4), int(lengths["v6"] or _LONGEST_V6)
    if v4 > _LONGEST_V4 or v6 > _LONGEST_V6:
        raise SpfSyntaxError(f'"{word}" has a longer prefix than there is')
    domain = lengths["domain"]
    return Term(
        word, qualifier, name, _checked(domain[1:], word, is_needed=bool(domain)), v4_length=v4, v6_length=v6
    )


def _network(text: str, name: str, word: str) -> IPv4Network | IPv6Network:
    try:
        # Records with bits behind the prefix are common, and receivers overlook them.
        network = ip_network(text, strict=False)
    except ValueError:
        raise SpfSyntaxError(f'"{word}" is no network') from None
    if network.version != int(name[-1]):
        raise SpfSyntaxError(f'"{word}" is no network of its kind')
    return network


def _checked(text: str, word: str, *, is_needed: bool) -> str:
    if (is_needed and not text) or not _MACROS.fullmatch(text):
        raise SpfSyntaxError(f'"{word}" names no domain')
    return text
