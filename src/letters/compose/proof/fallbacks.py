"""What a mail uses that some client does not know, and what a reader of that client sees. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from letters.compose.proof.clients import Facts, Platform, say_platforms
from letters.compose.proof.features import Use, features_of
from letters.errors import Problem

#: Of what stands in a style sheet only; the elements carry every rule that a mail needs.
_RULE_IS_LOST = "the rule is passed over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A feature in use that some platforms do not know."""

    key: str
    #: The first element or rule that uses it.
    where: str
    platforms: tuple[Platform, ...]
    #: The same in words.
    clients: str
    #: What is seen there instead; empty when the mail depends on the feature.
    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compatibility:
    """How a mail does in the clients that the facts are about."""

    facts: Facts
    #: Gaps over which the mail falls back well, and those that it depends on.
    fallbacks: tuple[Gap, ...]
    failures: tuple[Gap, ...]
    #: Names of CSS and HTML in use that the facts say nothing of.
    unknown: tuple[str, ...]

    def problems(self) -> list[Problem]:
        """A problem for each feature that the mail depends on; a notice for names that nobody tested."""
        found = [
            Problem(
                where="html",
                what=f"{_name(gap.key)} in {gap.where} is not known to {gap.clients}",
                remedy=f"do without it, or keep it in a style sheet; see {_page(gap.key)}",
            )
            for gap in self.failures
        ]
        if self.unknown:
            names = ", ".join(self.unknown)
            found.append(
                Problem(
                    where="html", what=f"which clients know these was never tested: {names}", is_notice=True
                )
            )
        return found


def check_clients(tree: Any, facts: Facts) -> Compatibility:
    """What a parsed mail uses that some client does not know.

    A feature of a style sheet only is an enhancement: clients that lose sheets lose all of it. One in an element must have
    words in the table for what is seen without it; else the mail depends on it.
    """
    uses, unknown = features_of(tree, facts.features)
    # A client that drops style sheets lacks nothing more for what is in them.
    sheets = facts.features.get("html-style")
    sheetless = frozenset(sheets.lacking()) if sheets else frozenset()
    gaps = [gap for use in uses if (gap := _gap(use, facts, sheetless=sheetless))]
    return Compatibility(
        facts=facts,
        fallbacks=tuple(gap for gap in gaps if gap.instead),
        failures=tuple(gap for gap in gaps if not gap.instead),
        unknown=tuple(unknown),
    )


def _gap(use: Use, facts: Facts, *, sheetless: frozenset[Platform]) -> Gap | None:
    feature = facts.features[use.key]
    lacking = tuple(one for one in feature.lacking() if not (use.is_in_sheet and one in sheetless))
    if not lacking:
        return None
    return Gap(
        key=use.key,
        where=use.where,
        platforms=lacking,
        clients=say_platforms(lacking, facts),
        instead=feature.without or (_RULE_IS_LOST if use.is_in_sheet else ""),
    )


def _name(key: str) -> str:
    kind, _, name = key.partition("-")
    return f"{kind.upper() if kind != 'image' else 'the picture format'} {name}"


def _page(key: str) -> str:
    return f"https://www.caniemail.com/features/{key}/"
