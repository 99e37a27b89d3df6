"""What a look at the relay says."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_address

from letters.doctor.finding import Finding, note, well, wrong
from letters.model import RelayAnswer
from letters.settings.types import SmtpSettings

#: Who renews certificates by itself does so a month before they end.
_SOON = timedelta(days=14)
#: An issue's HTML has at most 100 kB; with its text, encoded, it comes to less than this.
_LARGEST_MAIL_BYTES = 400_000


def check_relay(answer: RelayAnswer, smtp: SmtpSettings, *, now: datetime) -> list[Finding]:
    """The relay, TLS and its certificate, and what it takes."""
    if answer.error:
        return [wrong("relay", answer.error, wanted="a relay that takes mails", remedy=answer.remedy)]
    logged_in = f", logged in as {smtp.username}" if smtp.username else ""
    findings = [well("relay", f"{answer.place} answers{logged_in}"), _tls(answer, now=now)]
    if 0 < answer.size_limit < _LARGEST_MAIL_BYTES:
        findings.append(
            note(
                "size",
                f"the relay takes mails of {answer.size_limit:,} octets",
                wanted=f"{_LARGEST_MAIL_BYTES:,}, which is what a large issue comes to",
                remedy="raise its limit (Postfix: message_size_limit)",
                rule="RFC 1870",
            )
        )
    return findings


def _tls(answer: RelayAnswer, *, now: datetime) -> Finding:
    rule = "RFC 3207"
    if not answer.protection:
        if not answer.address or ip_address(answer.address.partition("%")[0]).is_loopback:
            return well("TLS", "none, and none is needed to a relay on this machine")
        return wrong(
            "TLS",
            "mails and the password go to the relay in the clear",
            wanted="TLS",
            remedy='set delivery.smtp.tls to "starttls" or "tls"',
            rule=rule,
        )
    ends = answer.certificate_ends
    if ends is not None and ends - now < _SOON:
        return note(
            "TLS",
            f"{answer.protection}; the relay's certificate ends on {ends:%d %B %Y}",
            remedy="renew it; when it has ended nothing is delivered",
            rule=rule,
        )
    until = f", a certificate that is valid until {ends:%d %B %Y}" if ends else ""
    return well("TLS", f"{answer.protection}{until}", rule=rule)
