"""A whole proof of one mail: everything that can be said of it before it is sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import html as lxml_html

from letters.compose.proof.clients import Facts, known_facts
from letters.compose.proof.fallbacks import Compatibility, check_clients
from letters.compose.proof.fields import check_fields
from letters.compose.proof.links import MailLink, check_alternatives, check_links, links_of
from letters.compose.proof.measures import check_measures
from letters.compose.proof.structure import check_structure
from letters.compose.size import LIMIT_BYTES, size_bytes
from letters.errors import Problem
from letters.model import Entry, Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found about one rendering."""

    subject: str
    preheader: str
    #: Of the HTML with the longest personal links, and the most it may have.
    html_bytes: int
    limit_bytes: int
    text_bytes: int
    links: tuple[MailLink, ...]
    compatibility: Compatibility
    #: What a person has to mend; and notices, which are only worth knowing.
    problems: tuple[Problem, ...]


def examine(rendering: Rendering, entries: Sequence[Entry] = (), *, facts: Facts | None = None) -> Proof:
    """Look at a mail with the eyes of clients, inboxes and screen readers. `entries` are what it is about."""
    # An empty part has no tree; what is missing then is said once, by `check_alternatives`.
    tree = lxml_html.document_fromstring(rendering.html.strip() or "<html></html>")
    links = links_of(tree, rendering.text)
    compatibility = check_clients(tree, facts or known_facts())
    problems = [
        *check_measures(rendering),
        *check_alternatives(rendering.html, rendering.text),
        *check_fields(rendering, tree, said_by_cards=_words_of(entries)),
        *(check_structure(tree) if rendering.html.strip() else ()),
        *check_links(links, rendering.text),
        *compatibility.problems(),
    ]
    return Proof(
        subject=rendering.subject,
        preheader=rendering.preheader,
        html_bytes=size_bytes(rendering.html),
        limit_bytes=LIMIT_BYTES,
        text_bytes=len(rendering.text.encode()),
        links=tuple(links),
        compatibility=compatibility,
        problems=tuple(problems),
    )


def _words_of(entries: Sequence[Entry]) -> str:
    """All that people wrote about the entries, with single spaces."""
    words: list[str] = []
    for entry in entries:
        words += [entry.episode.title, entry.episode.show, entry.episode.description]
        words += [topic.name for topic in entry.topics] + [audience.name for audience in entry.audiences]
        if card := entry.card:
            insights = card.insights
            words += [card.title, card.summary, card.takeaway, insights.lead]
            words += [*insights.principles, *insights.in_practice]
    return " ".join(" ".join(words).split())
