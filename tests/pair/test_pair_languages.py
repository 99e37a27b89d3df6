"""A title's language, as far as its smallest words and its script tell."""

from __future__ import annotations

import pytest

from letters.pair.languages import SPACELESS, languages
from letters.pair.wording import fold, stem, words


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("The keeper of the long night", "en"),
        ("De wachter van het eiland", "nl"),
        ("Der Wächter und die lange Nacht", "de"),
        ("Le gardien de la longue nuit et les marins", "fr"),
        ("El guardián de las islas", "es"),
        ("Il custode della lunga notte", "it"),
        ("O guardião das ilhas em uma noite", "pt"),
        ("灯塔看守人 The keeper", SPACELESS),
    ],
)
def test_small_words_and_scripts_tell_the_language(title: str, language: str) -> None:
    assert languages(words(fold(title))) == {language}


def test_a_title_without_small_words_may_be_in_any_language() -> None:
    assert languages(words(fold("Kettle Point 1911"))) == frozenset()


def test_small_words_that_languages_share_leave_them_open() -> None:
    assert {"nl", "fr", "es", "pt"} <= languages(words(fold("De Lantaarn")))


@pytest.mark.parametrize("forms", ["garden gardens gardening", "restore restored restoring", "study studies"])
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


def test_short_words_and_figures_keep_their_ends() -> None:
    assert [stem(word) for word in ("sea", "bed", "1911", "灯塔")] == ["sea", "bed", "1911", "灯塔"]
