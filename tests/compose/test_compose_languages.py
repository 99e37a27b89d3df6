"""An issue speaks the language of its edition, in all of its parts; and an edition words its own lines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from composing import make_edition, make_entry, render

from letters.model import Rendering

ENTRIES = [make_entry(number) for number in range(1, 4)]


@pytest.fixture(scope="module")
def german() -> Rendering:
    return render(*ENTRIES, edition=make_edition(language="de"))


def test_the_subject_is_german(german: Rendering) -> None:
    assert german.subject.endswith(" – und 2 weitere")


@pytest.mark.parametrize(
    "said", ["Nr. 7", "16. März 2026", "3 Karten", "Karte lesen", "Abbestellen", "Ändern"]
)
def test_both_parts_are_german(german: Rendering, said: str) -> None:
    assert said in german.text
    assert said in german.html


@pytest.mark.parametrize(
    "english", ["Unsubscribe", "Read the card", "View in browser", "You get this", "No. 7"]
)
def test_nothing_english_is_left(german: Rendering, english: str) -> None:
    assert english not in german.text
    assert english not in german.html


def test_a_language_without_a_catalogue_has_its_own_dates_in_english_sentences() -> None:
    text = render(*ENTRIES, edition=make_edition(language="fr")).text
    assert "16 mars 2026" in text.lower()
    assert "Unsubscribe" in text


def test_an_edition_words_its_subject_and_preheader() -> None:
    edition = make_edition(
        language="de",
        subject="{{ edition }} vom {{ date | date }}: {{ count }}",
        preheader="{{ takeaway | truncate(12) }} und {{ more }} mehr",
    )
    rendering = render(*ENTRIES, edition=edition)
    assert rendering.subject == f"{edition.title} vom 16. März 2026: 3"
    assert rendering.preheader.endswith("... und 2 mehr")
    assert rendering.preheader in rendering.html


def test_a_preheader_is_cut_where_inboxes_stop_showing_it() -> None:
    rendering = render(*ENTRIES, edition=make_edition(preheader="word " * 60))
    assert len(rendering.preheader) <= 140
    assert rendering.preheader.endswith("word…")


def test_durations_are_said_in_the_language() -> None:
    entry = make_entry(1, episode={"duration": timedelta(minutes=65)})
    assert "1 Std. 5 Min." in render(entry, edition=make_edition(language="de")).text
    assert "1 h 5 min" in render(entry, edition=make_edition()).text
