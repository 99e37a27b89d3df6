"""A validator of feeds, by our own reading of the specifications: what ours have to keep, and nothing that ours never do.

A document goes in with the address that it is published at; out comes what breaks a rule, by the rule's name. `RULES` says
where each is from. The rules of https://validator.w3.org/feed/ that are errors or warnings are among them.
"""

from __future__ import annotations

from feed_validator.atom import check_atom
from feed_validator.jsonfeed import check_json
from feed_validator.report import RULES, Finding, Report
from feed_validator.rss import check_rss

__all__ = ["RULES", "Finding", "validate"]

_CHECKS = {"rss": check_rss, "atom": check_atom, "json": check_json}


def validate(document: bytes, url: str) -> list[Finding]:
    """What is wrong with a document that is published at `url`, whose ending says which format it is."""
    report = Report()
    _CHECKS[url.rpartition(".")[2]](document, url, report)
    return report.findings
