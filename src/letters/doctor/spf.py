"""Whether an address may send for a domain, as receivers find out (RFC 7208), and what it costs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import quote

from letters.doctor.resolver import DnsAnswer, IPAddress, Kind, Outcome, Resolver, reverse_name
from letters.doctor.spf_record import SpfRecord, SpfSyntaxError, Term, read_spf, spf_records

#: RFC 7208 section 4.6.4: terms that ask the DNS, and questions that come back empty.
MOST_LOOKUPS = 10
MOST_VOID_LOOKUPS = 2
_MOST_NAMES = 10
#: Nobody counts further: records that include each other would go on for ever.
_STOP_COUNTING = 40
_MACRO = re.compile(r"%(?:\{([a-z])(\d*)(r?)([-.+,/_=]*)\}|([%_-]))", re.IGNORECASE)


class SpfResult(StrEnum):
    """The results of section 2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 -- a result
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


_BY_QUALIFIER = {
    "+": SpfResult.PASS,
    "-": SpfResult.FAIL,
    "~": SpfResult.SOFTFAIL,
    "?": SpfResult.NEUTRAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfCheck:
    """How a check of one domain ended."""

    result: SpfResult
    #: The term that decided, or what was wrong.
    why: str = ""
    #: How many terms asked the DNS. A receiver that needs more than ten stops, and the record is worth nothing.
    lookups: int = 0
    void_lookups: int = 0
    #: The terms that asked, with the domain whose record has them.
    asked: tuple[str, ...] = ()
    record: SpfRecord | None = None


class _End(Exception):  # noqa: N818 -- an end, not an error
    def __init__(self, result: SpfResult, why: str) -> None:
        super().__init__(result, why)
        self.result, self.why = result, why


def check_spf(resolver: Resolver, domain: str, *, address: IPAddress | None, sender: str) -> SpfCheck:
    """Check a sender's domain (`check_host`, section 4).

    Without an address nothing matches, so that every term is walked through: the most that a receiver would ask. The limits
    are counted, but end the check only where they are exceeded by far, so that people hear by how much.
    """
    run = _Check(resolver, address=address, sender=sender)
    try:
        result, why = run.check(domain, depth=0)
    except _End as end:
        result, why = end.result, end.why
    if run.lookups > MOST_LOOKUPS:
        result, why = SpfResult.PERMERROR, f"it takes {run.lookups_in_words} look-ups"
    elif run.void_lookups > MOST_VOID_LOOKUPS:
        result, why = (
            SpfResult.PERMERROR,
            f"{run.void_lookups} of its look-ups find nothing: {', '.join(run.void)}",
        )
    return SpfCheck(
        result=result,
        why=why,
        lookups=run.lookups,
        void_lookups=run.void_lookups,
        asked=tuple(run.asked),
        record=run.record,
    )


@dataclass
class _Check:
    """One check under way: what it counts."""

    resolver: Resolver
    address: IPAddress | None
    sender: str
    lookups: int = 0
    void: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    record: SpfRecord | None = None

    @property
    def void_lookups(self) -> int:
        return len(self.void)

    @property
    def lookups_in_words(self) -> str:
        return f"more than {_STOP_COUNTING}" if self.lookups > _STOP_COUNTING else str(self.lookups)

    def check(self, domain: str, *, depth: int) -> tuple[SpfResult, str]:
        record = self._record(domain)
        if record is None:
            return SpfResult.NONE, f"{domain} has no SPF record"
        if depth == 0:
            self.record = record
        for term in record.terms:
            if self._matches(term, domain, depth):
                return _BY_QUALIFIER[term.qualifier], f'"{term.text}" of {domain}'
        if not record.redirect:
            return SpfResult.NEUTRAL, f"no term of {domain} matches"
        self._count(f"redirect={record.redirect}", domain)
        if self.address is None and "%" in record.redirect:
            return SpfResult.NEUTRAL, "where its redirect leads depends on who sends"
        target = self._expand(record.redirect, domain)
        result, why = self.check(target, depth=depth + 1)
        if result is SpfResult.NONE:
            raise _End(SpfResult.PERMERROR, f'"redirect={record.redirect}" of {domain}: {why}')
        return result, why

    def _record(self, domain: str) -> SpfRecord | None:
        answer = self.resolver.ask(domain, "TXT")
        if answer.outcome is Outcome.FAILED:
            raise _End(SpfResult.TEMPERROR, f"TXT of {domain}: {answer.why}")
        texts = spf_records(answer.values)
        if len(texts) > 1:
            raise _End(SpfResult.PERMERROR, f"{domain} has {len(texts)} SPF records")
        try:
            return read_spf(texts[0]) if texts else None
        except SpfSyntaxError as error:
            raise _End(SpfResult.PERMERROR, f"the record of {domain} cannot be read: {error}") from error

    def _matches(self, term: Term, domain: str, depth: int) -> bool:
        match term.name:
            case "all":
                # Without an address the question is what it costs, so nothing ends the walk.
                return self.address is not None
            case "ip4" | "ip6":
                return self.address is not None and self.address in (term.network or ())
        self._count(term.text, domain)
        if self.address is None and "%" in term.domain:
            # Where it leads depends on who sends.
            return False
        target = self._expand(term.domain, domain) if term.domain else domain
        return self._finds(term, target, domain, depth)

    def _finds(self, term: Term, target: str, domain: str, depth: int) -> bool:
        match term.name:
            case "include":
                return self._includes(term, target, domain, depth)
            case "exists":
                return self._exists(target)
            case "a":
                return self._has_address(term, target)
            case "mx":
                return self._has_exchange(term, target)
        return self._has_pointer(target)

    def _includes(self, term: Term, target: str, domain: str, depth: int) -> bool:
        result, why = self.check(target, depth=depth + 1)
        if result is SpfResult.NONE:
            raise _End(SpfResult.PERMERROR, f'"{term.text}" of {domain}: {why}')
        return result is SpfResult.PASS

    def _exists(self, target: str) -> bool:
        # Always by IPv4, whatever the sender's kind (section 5.7).
        found = self._ask(target, "A").outcome is Outcome.FOUND
        return found and self.address is not None

    def _has_address(self, term: Term, name: str, *, counts: bool = True) -> bool:
        if self.address is None:
            # Receivers ask for the kind of the sender's address. Void for sure is only what has neither.
            if self.resolver.ask(name, "AAAA").outcome is not Outcome.FOUND:
                self._ask(name, "A", counts=counts)
            return False
        kind: Kind = "A" if isinstance(self.address, IPv4Address) else "AAAA"
        length = term.v4_length if kind == "A" else term.v6_length
        return any(
            self.address in ip_network(f"{value}/{length}", strict=False)
            for value in self._ask(name, kind, counts=counts).values
        )

    def _has_exchange(self, term: Term, target: str) -> bool:
        names = self._ask(target, "MX").values
        if len(names) > _MOST_NAMES:
            raise _End(
                SpfResult.PERMERROR,
                f'"{term.text}" finds {len(names)} MX records, at most {_MOST_NAMES} count',
            )
        return any(self._has_address(term, name, counts=False) for name in names if name != ".")

    def _has_pointer(self, target: str) -> bool:
        if self.address is None:
            return False
        answer = self.resolver.ask(reverse_name(self.address), "PTR")
        kind: Kind = "A" if isinstance(self.address, IPv4Address) else "AAAA"
        return any(
            is_within(name, target)
            and any(ip_address(value) == self.address for value in self.resolver.ask(name, kind).values)
            for name in answer.values[:_MOST_NAMES]
        )

    def _ask(self, name: str, kind: Kind, *, counts: bool = True) -> DnsAnswer:
        answer = self.resolver.ask(name, kind)
        if answer.outcome is Outcome.FAILED:
            raise _End(SpfResult.TEMPERROR, f"{kind} of {name}: {answer.why}")
        if answer.is_void and counts:
            self.void.append(name)
        return answer

    def _count(self, text: str, domain: str) -> None:
        self.lookups += 1
        self.asked.append(f"{text} ({domain})")
        if self.lookups > _STOP_COUNTING:
            raise _End(SpfResult.PERMERROR, "there is no end to its look-ups")

    def _expand(self, text: str, domain: str) -> str:
        """A domain with its macros filled in (section 7), cut to what a name can hold."""
        local, _, sender_domain = self.sender.rpartition("@")
        values = {
            "s": self.sender,
            "l": local or "postmaster",
            "o": sender_domain,
            "d": domain,
            "i": _dotted(self.address),
            # "p" asks others for what they do not keep; "unknown" is what the RFC allows instead.
            "p": "unknown",
            "v": "ip6" if self.address is not None and self.address.version == 6 else "in-addr",
            "h": sender_domain,
        }

        def fill(found: re.Match[str]) -> str:
            letter, digits, reverse, delimiters, escape = found.groups()
            if escape:
                return {"%": "%", "_": " ", "-": "%20"}[escape]
            parts = re.split(f"[{re.escape(delimiters or '.')}]", values.get(letter.lower(), "unknown"))
            ordered = parts[::-1] if reverse else parts
            kept = ".".join(ordered[-int(digits) :] if digits and int(digits) else ordered)
            return quote(kept, safe="-._~") if letter.isupper() else kept

        labels = _MACRO.sub(fill, text).rstrip(".").split(".")
        while len(".".join(labels)) > 253:
            labels = labels[1:]
        return ".".join(labels)


def is_within(name: str, domain: str) -> bool:
    """Whether a name is a domain, or lies below it."""
    name, domain = name.lower().rstrip("."), domain.lower().rstrip(".")
    return name == domain or name.endswith(f".{domain}")


def _dotted(address: IPAddress | None) -> str:
    if address is None:
        return "0.0.0.0"  # noqa: S104 -- a placeholder in a name, no place to listen at
    if isinstance(address, IPv4Address):
        return str(address)
    return ".".join(address.exploded.replace(":", ""))


def lookups_by_term(check: SpfCheck, domain: str) -> Iterator[tuple[str, int]]:
    """The terms of a domain's own record that ask the DNS, each with how many look-ups it comes to."""
    text, cost = "", 0
    for line in check.asked:
        term, _, place = line.partition(" (")
        if place == f"{domain})":
            if text:
                yield text, cost
            text, cost = term, 0
        cost += 1
    if text:
        yield text, cost
