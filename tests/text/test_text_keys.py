"""Keys have one shape, and controls go."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import letters
from letters.text import KEY, NotShippedError, find_shipped, make_key, one_line, slug, strip_controls

_ANY_TEXT = st.text(st.characters(categories=None) if sys.version_info >= (3, 13) else st.characters())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Open-Source AI", "open-source-ai"),
        ("Regulierung & Ethik", "regulierung-and-ethik"),
        ("R&D", "r-d"),
        ("Don’t panic", "dont-panic"),
        ("Zürich, Łódź", "zurich-lodz"),
        ("東京", "dongjing"),
        ("  --a__b--  ", "a-b"),
        ("AI 2027", "ai-2027"),
    ],
)
def test_a_slug_is_readable(text: str, wanted: str) -> None:
    assert slug(text) == wanted


def test_a_long_slug_is_cut_between_words() -> None:
    assert slug("one two three four", limit=10) == "one-two"
    assert slug("one two three four", limit=13) == "one-two-three"
    assert slug("a" * 100) == "a" * 60


@pytest.mark.parametrize("text", ["", "!!!", "\x00", "\ud800"])
def test_text_without_letters_gives_a_digest_of_itself(text: str) -> None:
    assert len(slug(text)) == 8
    assert slug("!!!") != slug("???")


@given(text=_ANY_TEXT, limit=st.integers(8, 80))
def test_a_slug_is_always_a_key_within_its_limit_and_its_own_slug(text: str, limit: int) -> None:
    key = slug(text, limit=limit)
    assert KEY.fullmatch(key)
    assert len(key) <= limit
    assert slug(key, limit=limit) == key


def test_a_limit_too_small_for_a_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="slug limit 3: wanted 8 or more"):
        slug("a", limit=3)


def test_a_made_key_is_the_slug_while_that_is_free() -> None:
    assert make_key("Open Models", set()) == "open-models"


def test_a_clash_takes_a_digest_that_depends_on_the_name() -> None:
    first, second = make_key("C++", {"c"}), make_key("C#", {"c"})
    assert first.startswith("c-")
    assert first != second
    assert make_key("C++", {"c"}) == first


@given(st.lists(_ANY_TEXT | st.sampled_from(["a", "A", "a!", "x" * 80]), max_size=12))
def test_made_keys_are_keys_and_never_clash(names: list[str]) -> None:
    taken: set[str] = set()
    for name in names:
        key = make_key(name, taken)
        assert KEY.fullmatch(key)
        assert len(key) <= 60
        assert key not in taken
        taken.add(key)


@given(_ANY_TEXT)
def test_text_without_controls_can_stand_in_xml(text: str) -> None:
    root = etree.Element("a")
    root.text = strip_controls(text)
    assert etree.fromstring(etree.tostring(root)).text == (root.text or None)
    assert strip_controls(root.text) == root.text


def test_controls_go_and_words_stay_apart() -> None:
    assert strip_controls("a\x00b\tc\nd\x0be\x85f\ufffeg\ud800h\U0001ffffi\x9fj") == "ab\tc\nd e fghij"


@given(_ANY_TEXT)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert "  " not in line


# --- find_shipped ----------------------------------------------------------------------------------------


def test_shipped_files_are_found_in_a_checkout() -> None:
    package = Path(letters.__file__).parent
    assert find_shipped("templates") == package.parents[1] / "templates"


def test_shipped_files_are_found_in_an_installed_package(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "letters"
    (package / "_shipped" / "config").mkdir(parents=True)
    (package / "_shipped" / "config" / "letters.toml").touch()
    assert (
        find_shipped("config", "letters.toml", package=package)
        == package / "_shipped" / "config" / "letters.toml"
    )


def test_a_folder_that_happens_to_lie_beside_an_installation_is_not_taken(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "site-packages" / "letters"
    package.mkdir(parents=True)
    (tmp_path / "lib" / "config").mkdir()
    with pytest.raises(
        NotShippedError, match=r'"config" is missing from this installation \(looked in .*_shipped"\)'
    ):
        find_shipped("config", package=package)
