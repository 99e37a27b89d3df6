"""The return path's domain: who may send for it, and whether it takes bounces."""

from __future__ import annotations

from collections.abc import Sequence

from letters.doctor.finding import Finding, note, unknown, well, wrong
from letters.doctor.resolver import IPAddress, Outcome, Resolver
from letters.doctor.spf import MOST_LOOKUPS, SpfCheck, SpfResult, check_spf, lookups_by_term

_RULE = "RFC 7208 section 4.6.4"


def check_sender_policy(
    resolver: Resolver,
    *,
    return_path: str,
    addresses: Sequence[IPAddress],
    guessed: Sequence[IPAddress] = (),
    relay: str = "",
) -> list[Finding]:
    """SPF for the domain of the return path: the record as such, then each address that sends.

    `addresses` are certain to send; `guessed` may be (where the relay is met), so that a miss is only worth knowing.
    """
    domain = return_path.rpartition("@")[2]
    whole = check_spf(resolver, domain, address=None, sender=return_path)
    structure = _structure(whole, domain, relay=relay)
    if whole.result in {SpfResult.NONE, SpfResult.TEMPERROR, SpfResult.PERMERROR}:
        return [structure]
    findings = [structure]
    for address in addresses:
        check = check_spf(resolver, domain, address=address, sender=return_path)
        findings.append(_address(check, address, domain))
    for address in guessed if not addresses else ():
        check = check_spf(resolver, domain, address=address, sender=return_path)
        findings.append(_guessed(check, address, domain))
    return findings


def _structure(check: SpfCheck, domain: str, *, relay: str) -> Finding:
    name = "SPF"
    if check.result is SpfResult.TEMPERROR:
        return unknown(name, f"the record of {domain} could not be evaluated: {check.why}")
    if check.result is SpfResult.NONE:
        return wrong(
            name,
            check.why,
            wanted="one TXT record that names who may send",
            remedy=f'put "v=spf1 ... -all" there; {_relays_words(relay)} says what its users include',
            rule="RFC 7208 section 3",
        )
    if check.result is SpfResult.PERMERROR:
        return _unusable(check, domain)
    return _judged(check, domain)


def _unusable(check: SpfCheck, domain: str) -> Finding:
    if check.lookups > MOST_LOOKUPS:
        return wrong(
            "SPF",
            f"{domain}: {check.why} ({_costs(check, domain)})",
            wanted=f"at most {MOST_LOOKUPS}",
            remedy="take out what sends no mail for you, or name networks (ip4:, ip6:) instead",
            rule=_RULE,
        )
    return wrong(
        "SPF",
        f"{domain}: {check.why}",
        wanted="one record that can be evaluated",
        remedy="mend the record; receivers take one that fails for none",
        rule="RFC 7208 sections 4.5 and 4.6",
    )


def _judged(check: SpfCheck, domain: str) -> Finding:
    """What a record that can be evaluated says of everybody else."""
    assert check.record is not None, "without a record the result is none"
    last, text = check.record.last_word, check.record.text
    if last == "+":
        return wrong(
            "SPF",
            f'{domain} says "{text}", which lets everybody send',
            wanted='"-all" or "~all" at its end',
            remedy='name those that send, then "-all"',
            rule="RFC 7208 section 5.1",
        )
    number = f"{check.lookups} of {MOST_LOOKUPS} look-ups"
    if last == "?" or (not last and not check.record.redirect):
        return note(
            "SPF",
            f'{domain} says "{text}" ({number}), which says nothing of all others',
            wanted='"-all" or "~all" at its end',
            remedy='add "~all", and "-all" when all is well',
        )
    costs = _costs(check, domain)
    return well("SPF", f'{domain} says "{text}" ({number}{": " + costs if costs else ""})', rule=_RULE)


def _costs(check: SpfCheck, domain: str) -> str:
    return ", ".join(f"{term} {cost}" for term, cost in lookups_by_term(check, domain))


def _address(check: SpfCheck, address: IPAddress, domain: str) -> Finding:
    name = f"SPF of {address}"
    if check.result is SpfResult.PASS:
        return well(name, f"may send for {domain}, by {check.why} (look-ups: {check.lookups})")
    if check.result is SpfResult.TEMPERROR:
        return unknown(name, f"could not be found out: {check.why}")
    kind = "ip4" if address.version == 4 else "ip6"
    return wrong(
        name,
        f"the result for {domain} is {check.result}: {check.why}",
        wanted="pass",
        remedy=f'add "{kind}:{address}" to the record, before its "all"',
        rule="RFC 7208 section 2.6",
    )


def _guessed(check: SpfCheck, address: IPAddress, domain: str) -> Finding:
    name = f"SPF of {address}"
    if check.result is SpfResult.PASS:
        return well(name, f"may send for {domain}, by {check.why}")
    return note(
        name,
        f"the result for {domain} is {check.result}; the relay is met at this address, and may send from others",
        remedy="name the address that sends with --address",
    )


def check_return_path(resolver: Resolver, return_path: str) -> Finding:
    """Whether the domain takes mail, for bounces come to it (RFC 5321 section 5.1, RFC 7505)."""
    name, domain = "bounces", return_path.rpartition("@")[2]
    answer = resolver.ask(domain, "MX")
    if answer.outcome is Outcome.FAILED:
        return unknown(name, f"MX of {domain} could not be asked for: {answer.why}")
    hosts = answer.values or (domain,)
    if "." in hosts:
        return wrong(
            name,
            f"{domain} has a null MX, which says that it takes no mail",
            wanted="a host that takes bounces",
            remedy="give it an MX record, or delivery.return_path an address elsewhere in the organisation",
            rule="RFC 7505",
        )
    found = {host: [resolver.ask(host, "A"), resolver.ask(host, "AAAA")] for host in hosts}
    if good := [host for host, both in found.items() if any(one.values for one in both)]:
        if lost := [host for host in hosts if host not in good]:
            return note(
                name, f"{domain} names {', '.join(lost)} as MX, without an address", remedy="take it out"
            )
        return well(name, f"{domain} takes mail at {', '.join(good)}", rule="RFC 5321 section 5.1")
    if any(one.outcome is Outcome.FAILED for both in found.values() for one in both):
        return unknown(name, f"the addresses of {', '.join(hosts)} could not be asked for")
    return wrong(
        name,
        f"{domain} takes no mail: {', '.join(hosts)} has no address",
        wanted="an MX record, or an address",
        remedy="give the domain an MX record, or set delivery.return_path",
        rule="RFC 5321 section 5.1",
    )


def _relays_words(relay: str) -> str:
    return f'the relay "{relay}"' if relay not in {"", "localhost"} else "the relay"
