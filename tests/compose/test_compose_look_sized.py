"""A mail's size is told by its pieces; that tells what rendering it would have told."""

from __future__ import annotations

from pathlib import Path

import pytest
from composing import make_edition, make_press
from test_compose_render import long_card

from letters.compose.issue import Press
from letters.compose.plan import make_plan
from letters.compose.render import Renderer
from letters.compose.size import LIMIT_BYTES, fit, shorten, size_bytes
from letters.model import Choice

CHOICES = [Choice(), Choice(topics=frozenset({"topic 1", "topic 2", "topic 3", "signals"}))]


def slowly(press: Press, count: int, choice: Choice) -> str:
    """The mail that fits, each guess of which was rendered."""
    plan = make_plan([long_card(n) for n in range(count)], press.edition, choice, at=press.occurrence.at)
    ranked = [one.entry.id for one in plan.ranked]
    _, html = fit(
        ranked,
        lambda details: press.renderer.html(press._view(plan, details, is_mail=True)),
        start=plan.start,
    )
    return html


@pytest.mark.parametrize("look", ["digest", "brief", "single"])
@pytest.mark.parametrize("count", [25, 60, 200])
def test_the_most_that_fits_is_found_as_if_each_guess_were_rendered(look: str, count: int) -> None:
    """R20."""
    press = make_press(make_edition(look=look))
    for choice in CHOICES:
        found = press.render([long_card(n) for n in range(count)], choice).html
        assert found == slowly(press, count, choice)
        assert size_bytes(found) <= LIMIT_BYTES


def test_pieces_tell_the_size_to_the_byte_and_say_nothing_of_cards_that_become_lines() -> None:
    press = make_press(make_edition())
    plan = make_plan([long_card(n) for n in range(8)], press.edition, Choice(), at=press.occurrence.at)
    ranked = [one.entry.id for one in plan.ranked]
    views = [press._view(plan, shorten(ranked, steps), is_mail=True) for steps in range(25)]
    page = press.renderer.set(views[5])
    told = [page.grows(view) for view in views]
    size = size_bytes(page.html)
    assert told[:17] == [size_bytes(press.renderer.html(view)) - size for view in views[:17]]
    assert told[17:] == [None] * 8


def test_a_template_that_shows_more_of_a_card_than_its_piece_never_passes_the_limit(tmp_path: Path) -> None:
    own = tmp_path / "email" / "digest.mjml"
    own.parent.mkdir()
    own.write_text(
        '{% extends "shipped/email/digest.mjml" %}'
        '{% from "email/card.mjml" import show_card with context %}'
        "{% block card %}{{ place(show_card, card, level) }}<p>{{ card.summary | length }}"
        '{{ "." * (2000 if card.insight else 5000) }}</p>{% endblock %}'
    )
    press = make_press()
    mine = Press(Renderer(tmp_path), press.settings, press.edition, press.occurrence, 7)
    found = mine.render([long_card(n) for n in range(30)], Choice())
    assert "....." in found.html
    assert size_bytes(found.html) <= LIMIT_BYTES
