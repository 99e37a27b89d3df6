"""What `--explain` says of editions that show less of a card than there is."""

from __future__ import annotations

from composing import make_edition, make_entry, make_press
from test_compose_render import long_card

from builders import day
from letters.compose.explain import Explanation, explain_issue
from letters.compose.size import LIMIT_BYTES, Detail
from letters.model import Choice, Entry


def explain(*entries: Entry, look: str, choice: Choice | None = None) -> Explanation:
    return explain_issue(
        make_press(make_edition(look=look)),
        entries,
        entries,
        choice or Choice(),
        ready_from=day(0),
        since=day(0),
        put_off="",
    )


def test_a_brief_edition_shows_cards_as_it_looks_and_shortens_none() -> None:
    found = explain(make_entry(1), make_entry(2), look="brief")
    assert [each.shown for each in found.entries] == ["a title and one line, as the edition looks"] * 2
    assert [each.heading for each in found.entries] == ["Signals", "Signals"]
    assert found.outcome == f"its mail has {found.size_bytes:,} of at most {LIMIT_BYTES:,} bytes"


def test_a_brief_edition_says_what_its_readers_and_its_size_take_from_that() -> None:
    wanted = explain(make_entry(1), look="brief", choice=Choice(titles_only=True))
    assert [each.shown for each in wanted.entries] == ["a line, as the reader wants"]
    found = explain(*(long_card(number) for number in range(150)), look="brief")
    assert found.size_bytes <= LIMIT_BYTES
    said = [each.shown for each in found.entries]
    assert said[0] == "a title and one line, as the edition looks"
    assert said[-1] == "a line, for size"
    shortened = sum(each.detail is Detail.LINE for each in found.entries)
    assert found.outcome.endswith(f", {shortened} shortened for it")


def test_a_single_edition_shows_the_best_card_and_says_why_the_others_are_lines() -> None:
    found = explain(make_entry(1), make_entry(2, weight=3), make_entry(3), look="single")
    best, *others = found.entries
    assert (best.entry.id, best.shown, best.heading) == ("entry-2", "in full", "Signals")
    assert {(each.heading, each.why_there, each.shown) for each in others} == {
        ("Also this week", 'look = "single" shows one card', "a line at the end")
    }
    assert "shortened" not in found.outcome
