"""What DMARC makes of the sender: whose record speaks for it, and whether SPF and DKIM speak for the same organisation.

The organisational domain is found by the tree walk of DMARCbis (draft-ietf-dmarc-dmarcbis, section 4.10), which asks the DNS alone;
RFC 7489 section 3.2 wants a list of public suffixes, which would have to be fetched again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from letters.doctor.finding import Finding, note, unknown, well, wrong
from letters.doctor.resolver import Outcome, Resolver
from letters.doctor.spf import is_within
from letters.doctor.tags import TagError, read_tags

#: Longer names are cut to so many labels after the first question, so that nobody is asked more than eight.
_MOST_LABELS = 7
_RULE = "large receivers want a DMARC record of bulk senders; RFC 7489 section 6.6.3"
_ALIGNMENT = "RFC 7489 section 3.1"
_SUGGESTED = "v=DMARC1; p=none; rua=mailto:ADDRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """A record, and the domain that has it."""

    domain: str
    tags: dict[str, str]

    @property
    def policy(self) -> str:
        return self.tags.get("p", "").lower()


class DmarcUnknownError(Exception):
    """The DNS gave no answer."""


def walk(resolver: Resolver, domain: str) -> Iterator[DmarcRecord]:
    """The records at a domain and above it, the longest name first. Raises `DmarcUnknownError`."""
    labels = domain.lower().rstrip(".").split(".")
    while labels:
        name = ".".join(labels)
        answer = resolver.ask(f"_dmarc.{name}", "TXT")
        if answer.outcome is Outcome.FAILED:
            raise DmarcUnknownError(f"_dmarc.{name} could not be asked for: {answer.why}")
        if record := _read(name, answer.values):
            yield record
            if record.tags.get("psd") in {"y", "n"}:
                return
        labels = labels[-_MOST_LABELS:] if len(labels) > _MOST_LABELS + 1 else labels[1:]


def _read(name: str, texts: Sequence[str]) -> DmarcRecord | None:
    """The one valid record among texts; two are none."""
    found = []
    for text in texts:
        try:
            tags = read_tags(text)
        except TagError:
            continue
        if next(iter(tags.items()), None) == ("v", "DMARC1"):
            found.append(DmarcRecord(domain=name, tags=tags))
    return found[0] if len(found) == 1 else None


def organisation(resolver: Resolver, domain: str) -> str:
    """The organisational domain of a domain: the highest that has a record, or the one below a public suffix that says so."""
    domain = domain.lower().rstrip(".")
    highest = domain
    for record in walk(resolver, domain):
        if record.tags.get("psd") == "y" and record.domain != domain:
            above = record.domain.count(".") + 1
            return ".".join(domain.split(".")[-above - 1 :])
        highest = record.domain
    return highest


def check_dmarc(
    resolver: Resolver, *, sender_domain: str, return_path_domain: str, signing_domains: Sequence[str]
) -> list[Finding]:
    """Whether there is a record, what it asks for, and whether the return path and each signature are aligned."""
    try:
        record = next(walk(resolver, sender_domain), None)
        home = organisation(resolver, sender_domain)
        homes = {domain: organisation(resolver, domain) for domain in (return_path_domain, *signing_domains)}
    except DmarcUnknownError as error:
        return [unknown("DMARC", str(error))]
    if record is None:
        return [_absent(resolver, sender_domain)]
    findings = [_policy(record, sender_domain)]

    def is_aligned(domain: str, mode_tag: str) -> bool:
        if record.tags.get(mode_tag, "r").lower() == "s":
            return domain.lower() == sender_domain.lower()
        # Whoever goes by a list of suffixes sees a parent of the sender's name as the same organisation, record or none.
        return homes[domain] == home or is_within(home, domain) or is_within(domain, home)

    by_spf = is_aligned(return_path_domain, "aspf")
    by_dkim = [domain for domain in signing_domains if is_aligned(domain, "adkim")]
    findings.append(
        _alignment(
            sender_domain,
            by_spf=return_path_domain if by_spf else "",
            by_dkim=by_dkim,
            others=[
                *([] if by_spf else [f"the return path's {return_path_domain}"]),
                *(f"the signature's {domain}" for domain in signing_domains if domain not in by_dkim),
            ],
            signs=bool(signing_domains),
        )
    )
    return findings


def _absent(resolver: Resolver, domain: str) -> Finding:
    texts = resolver.ask(f"_dmarc.{domain}", "TXT").values
    versions = sum(text.lower().replace(" ", "").startswith("v=dmarc1") for text in texts)
    found = (
        f"_dmarc.{domain} has {versions} DMARC records, so none counts"
        if versions > 1
        else f"_dmarc.{domain} has a record that cannot be read"
        if versions
        else f"neither {domain} nor a domain above it has a DMARC record"
    )
    return wrong(
        "DMARC",
        found,
        wanted=f"one at _dmarc.{domain}",
        remedy=f'put "{_SUGGESTED}" there, with an address of yours that reads reports',
        rule=_RULE,
    )


def _policy(record: DmarcRecord, sender_domain: str) -> Finding:
    place = f"_dmarc.{record.domain}"
    below = record.domain != sender_domain.lower()
    policy = (record.tags.get("sp", "").lower() if below else "") or record.policy
    if policy not in {"none", "quarantine", "reject"}:
        return wrong(
            "DMARC",
            f'{place} has the policy "{policy}"',
            wanted='"p=none", "p=quarantine" or "p=reject"',
            remedy=f'mend it, such as "{_SUGGESTED}"',
            rule=_RULE,
        )
    if "rua" not in record.tags:
        return note(
            "DMARC",
            f'{place} asks for "{policy}" and for no reports, so nobody tells you of mails that fail',
            remedy='add "rua=mailto:ADDRESS" with an address of yours',
            rule=_RULE,
        )
    return well("DMARC", f'{place} asks for "{policy}"', rule=_RULE)


def _alignment(
    sender_domain: str, *, by_spf: str, by_dkim: Sequence[str], others: Sequence[str], signs: bool
) -> Finding:
    name = "alignment"
    ways = [
        *([f"SPF ({by_spf})"] if by_spf else []),
        *([f"DKIM ({', '.join(by_dkim)})"] if by_dkim else []),
    ]
    strangers = f"{', '.join(others)} speaks for another organisation than {sender_domain}" if others else ""
    if not ways:
        if not signs:
            # The relay may sign for the sender's domain, as many do.
            return note(
                name,
                f"{strangers}, so DMARC passes only if the relay signs for {sender_domain}",
                remedy=f"see that it does, or give delivery.return_path an address of {sender_domain}",
                rule=_ALIGNMENT,
            )
        return wrong(
            name,
            strangers,
            wanted="one of the two in the sender's",
            remedy=f"sign for {sender_domain} ([[delivery.dkim]] domain), or give delivery.return_path an address there",
            rule=_ALIGNMENT,
        )
    if strangers or not signs:
        alone = strangers or "without a signature of ours a forwarded mail fails"
        return note(name, f"DMARC rests on {' and '.join(ways)}; {alone}", rule=_ALIGNMENT)
    return well(name, f"{' and '.join(ways)} speak for {sender_domain}", rule=_ALIGNMENT)
