"""``letters templates``: what there is to change, and a copy of it in the workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_kit import Letters
from letters.settings import init_workspace
from letters.text import find_shipped, make_environment


@pytest.fixture
def place(tmp_path: Path) -> Path:
    init_workspace(tmp_path / "ws")
    return tmp_path / "ws"


def test_a_copy_is_the_shipped_template_and_is_listed_as_ones_own(letters: Letters, place: Path) -> None:
    assert letters("templates", "copy", "email/line.mjml", "-w", place).code == 0
    shipped = find_shipped("templates", "email", "line.mjml")
    assert (place / "templates/email/line.mjml").read_bytes() == shipped.read_bytes()
    listed = letters("templates", "list", "-w", place, "--json").data["templates"]
    assert [each["name"] for each in listed if each["own"]] == ["email/line.mjml"]


@pytest.mark.parametrize("name", ["email/digest.mjml", "email/single.mjml", "text/brief.txt"])
def test_a_copied_block_extends_the_shipped_template(letters: Letters, place: Path, name: str) -> None:
    assert letters("templates", "copy", name, "--block", "footer", "-w", place).code == 0
    text = (place / "templates" / name).read_text()
    assert text.startswith(f'{{% extends "shipped/{name}" %}}')
    assert text.count("{% block ") == text.count("{% endblock %}") == 1
    template = make_environment(place / "templates").get_template(name)
    assert list(template.blocks) == ["footer"]


def test_what_is_there_already_is_not_written_over(letters: Letters, place: Path) -> None:
    own = place / "templates/email/line.mjml"
    own.parent.mkdir(parents=True)
    own.write_text("ours")
    ran = letters("templates", "copy", "email/line.mjml", "-w", place)
    assert ran.code == 2
    assert "is there already" in ran.err.replace("\n", " ")
    assert own.read_text() == "ours"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("email/digset.mjml",), 'did you mean "email/digest.mjml"?'),
        (("../config/letters.toml",), "is not among the shipped ones"),
        (("email/digest.mjml", "--block", "foot"), 'has no block "foot"; known are: title'),
    ],
)
def test_an_unknown_name_is_refused_by_its_words(
    letters: Letters, place: Path, words: tuple[str, ...], said: str
) -> None:
    ran = letters("templates", "copy", *words, "-w", place)
    assert ran.code == 2
    assert said in ran.err.replace("\n", " ")
    assert not (place / "templates/email").exists() or not list((place / "templates/email").iterdir())
