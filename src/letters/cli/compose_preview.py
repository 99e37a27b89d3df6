"""``letters compose EDITION --preview`` and ``--send-test``: what the next issue would look like, before anybody gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from rich.table import Table
from rich.text import Text

from letters.cli.face import ACCENT, Face, count
from letters.compose import preview
from letters.compose.proof import (
    Compatibility,
    Folder,
    Gap,
    LinkAnswer,
    Proof,
    ask_links,
    check_overrides,
    examine,
    write_folder,
)
from letters.deliver import TrialAnswer, check_trial_address, send_trial
from letters.errors import LettersError, Problem, ProblemsError, RenderError
from letters.model import Choice, ComposedIssue
from letters.pipeline import House
from letters.text import date_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for."""

    views: bool
    #: Where the views go; None: the edition's own folder below ``var/preview``.
    folder: Path | None
    asks_links: bool
    #: Who gets a test mail; empty: nobody.
    address: str
    choice: Choice


def show_preview(face: Face, house: House, edition: str, wanted: Wanted, *, now: datetime) -> NoReturn:
    """Compose what the edition's next issue would hold, store nothing, and end the command with what was found."""
    if wanted.address:
        # Before any work: a slip of the pen should not cost a minute.
        check_trial_address(wanted.address)
    misspelt = check_overrides(house.workspace.templates)
    issue = _compose(house, edition, wanted.choice, misspelt, now=now)
    proof = examine(issue.renderings[0], issue.entries)
    answers = _ask(house, issue, proof) if wanted.asks_links else []
    problems = [*misspelt, *proof.problems, *(one.problem() for one in answers if one.is_broken)]
    folder = _write(face, house, issue, proof, wanted) if wanted.views else None
    sent = _send(house, issue, wanted.address, now=now) if wanted.address else None
    problems += [*(folder.problems if folder else ()), *_unsent(sent)]
    if not face.as_json:
        _print(face, issue, proof, wanted, answers=answers, folder=folder, sent=sent)
    data = _as_json(issue, proof, wanted, answers=answers, folder=folder, sent=sent)
    face.finish(data, problems)


def _compose(
    house: House, edition: str, choice: Choice, misspelt: Sequence[Problem], *, now: datetime
) -> ComposedIssue:
    try:
        issue = preview(house.store, house.settings, house.workspace, edition, now=now, choice=choice)
    except RenderError as error:
        if not misspelt:
            raise
        # Jinja stops at the first; the others would come to light one by one.
        raise ProblemsError([Problem(what=str(error)), *misspelt]) from error
    if not issue.renderings[0].html:
        raise LettersError(
            f'edition "{edition}": nothing in the next issue is for "{choice.key}"; a reader who chose that gets no mail'
        )
    return issue


def _ask(house: House, issue: ComposedIssue, proof: Proof) -> list[LinkAnswer]:
    base = house.settings.site.base_url.rstrip("/")
    own_page = f"{base}/issues/{issue.edition.key}/{issue.number}/"
    return ask_links(proof.links, house.settings, not_yet=[own_page])


def _write(face: Face, house: House, issue: ComposedIssue, proof: Proof, wanted: Wanted) -> Folder:
    place = wanted.folder or house.workspace.var / "preview" / issue.edition.key
    sender = house.settings.delivery.sender.display_name or house.settings.delivery.sender.addr_spec
    return write_folder(place, issue, proof, sender=sender, environ=face.environ)


def _send(house: House, issue: ComposedIssue, address: str, *, now: datetime) -> TrialAnswer:
    return send_trial(
        house.settings,
        house.workspace,
        issue.edition,
        issue.renderings[0],
        address,
        occurrence=issue.occurrence,
        number=issue.number,
        now=now,
    )


def _unsent(sent: TrialAnswer | None) -> list[Problem]:
    return [] if sent is None or sent.is_sent else [Problem(where=sent.address, what=sent.words)]


def _print(
    face: Face,
    issue: ComposedIssue,
    proof: Proof,
    wanted: Wanted,
    *,
    answers: Sequence[LinkAnswer],
    folder: Folder | None,
    sent: TrialAnswer | None,
) -> None:
    at = issue.occurrence.at
    name = f"{issue.edition.key}/{issue.number}"
    face.out.print(Text(f"{name} · {date_words(at)} {at:%H:%M} UTC · a preview", style="bold"))
    if wanted.choice.key:
        face.out.print(Text(f"For readers who chose {wanted.choice.key}"))
    face.out.print()
    face.out.print(_facts(proof, asked=wanted.asks_links, folder=folder, sent=sent))
    if proof.compatibility.fallbacks:
        face.out.print()
        face.out.print(_gaps(proof.compatibility.fallbacks))
    if answers:
        face.out.print()
        face.out.print(_answers(answers))


def _facts(proof: Proof, *, asked: bool, folder: Folder | None, sent: TrialAnswer | None) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 3, 0, 0))
    table.add_column(style=ACCENT, no_wrap=True)
    table.add_column(overflow="fold")
    compatibility = proof.compatibility
    rows = [
        ("subject", f"{proof.subject} ({len(proof.subject)} characters)"),
        ("preheader", f"{proof.preheader} ({len(proof.preheader)} characters)"),
        (
            "size",
            f"{proof.html_bytes:,} of {proof.limit_bytes:,} bytes of HTML with the longest personal links, {proof.text_bytes:,} of text",
        ),
        ("links", count(len(proof.links), "link") + ("" if asked else "; --check-links asks them")),
        ("clients", _say_clients(compatibility)),
    ]
    if folder is not None:
        rows.append(("views", str(folder.index)))
        rows.append(("pictures", count(len(folder.pictures), "picture")))
    if sent is not None:
        rows.append(("test mail", f"{sent.address}: {sent.words}"))
    for label, words in rows:
        table.add_row(label, Text(words))
    return table


def _say_clients(compatibility: Compatibility) -> str:
    failures, fallbacks = len(compatibility.failures), len(compatibility.fallbacks)
    depends = (
        "all know what it depends on" if not failures else f"{count(failures, 'feature')} not known to all"
    )
    return f"{depends}, {count(fallbacks, 'fallback')} (facts of {date_words(compatibility.facts.date)})"


def _gaps(gaps: Sequence[Gap]) -> Table:
    table = _table("falls back", "in", "seen instead")
    for gap in gaps:
        table.add_row(gap.key, gap.clients, gap.instead)
    return table


def _answers(answers: Sequence[LinkAnswer]) -> Table:
    table = _table("link", "answer")
    for answer in answers:
        table.add_row(Text(answer.url), Text(answer.words, style="red" if answer.is_broken else ""))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style=ACCENT, padding=(0, 3, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _as_json(
    issue: ComposedIssue,
    proof: Proof,
    wanted: Wanted,
    *,
    answers: Sequence[LinkAnswer],
    folder: Folder | None,
    sent: TrialAnswer | None,
) -> dict[str, Any]:
    answered = {answer.url: answer for answer in answers}
    compatibility = proof.compatibility
    data: dict[str, Any] = {
        "edition": issue.edition.key,
        "number": issue.number,
        "occurrence": issue.occurrence.at,
        "choice": wanted.choice.key,
        "entries": len(issue.entries),
        "subject": proof.subject,
        "preheader": proof.preheader,
        "html_bytes": proof.html_bytes,
        "limit_bytes": proof.limit_bytes,
        "text_bytes": proof.text_bytes,
        "links": [
            {
                "url": link.url,
                "names": link.names,
                "in_text": link.is_in_text,
                "personal": link.is_personal,
                **_answer_as_json(answered.get(link.url)),
            }
            for link in proof.links
        ],
        "clients": {
            "source": compatibility.facts.source,
            "date": compatibility.facts.date.isoformat(),
            "failures": [_gap_as_json(gap) for gap in compatibility.failures],
            "fallbacks": [_gap_as_json(gap) for gap in compatibility.fallbacks],
            "unknown": compatibility.unknown,
        },
    }
    if folder is not None:
        data["preview"] = {"index": folder.index, "files": folder.files, "pictures": folder.pictures}
    if sent is not None:
        data["test"] = {"address": sent.address, "sent": sent.is_sent, "answer": sent.words}
    return data


def _answer_as_json(answer: LinkAnswer | None) -> dict[str, Any]:
    if answer is None:
        return {}
    return {"status": answer.status, "answer": answer.words, "broken": answer.is_broken}


def _gap_as_json(gap: Gap) -> dict[str, Any]:
    platforms = [f"{one.client} {one.place}" for one in gap.platforms]
    return {"feature": gap.key, "where": gap.where, "platforms": platforms, "instead": gap.instead}
