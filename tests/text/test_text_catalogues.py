"""What Letters itself says: every message is in every catalogue, in the right form, and nothing in a catalogue breaks a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jinja2
import pytest
from babel.messages.extract import extract_from_dir

from letters.errors import RenderError
from letters.text import Wordings, find_shipped, make_environment, render
from letters.text.catalogues import fault_of, read_catalogue

SHIPPED = find_shipped("templates")
CODE = Path(__file__).parents[2] / "src" / "letters"
CATALOGUES = sorted((SHIPPED / "catalogues").glob("*.po"))
KEYWORDS: Mapping[str, object] = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


@pytest.fixture(scope="module")
def said() -> dict[tuple[str | None, str], str]:
    """Where each message is said first, by its context and (singular) text."""
    found: dict[tuple[str | None, str], str] = {}
    methods = ((CODE, "**.py", "python"), (SHIPPED, "**.*", "jinja2.ext:babel_extract"))
    for folder, pattern, method in methods:
        for file, line, message, _, context in extract_from_dir(
            folder, [(pattern, method)], keywords=KEYWORDS
        ):
            if not file.endswith((".po", ".css")):
                text = message if isinstance(message, str) else message[0]
                found.setdefault((context, text), f"{file}:{line}")
    return found


def test_messages_are_found_in_code_and_in_templates(said: dict[tuple[str | None, str], str]) -> None:
    assert said[None, "Also this week"].startswith("compose/words.py:")
    assert said[None, "Skip to the text"].startswith("web/base.html:")
    assert said[None, "Unsubscribe"].startswith("email/issue.mjml:")


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_a_catalogue_says_all_and_nothing_else(file: Path, said: dict[tuple[str | None, str], str]) -> None:
    written = {}
    for message in read_catalogue(file):
        if message.id:
            assert not message.fuzzy, message.id
            assert not fault_of(message)
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(forms), message.id
            written[message.context, message.id if isinstance(message.id, str) else message.id[0]] = forms
    assert {key: place for key, place in said.items() if key not in written} == {}, "not translated"
    assert set(written) - set(said) == set(), "no longer said"


@pytest.mark.parametrize(
    ("language", "number", "wanted"),
    [
        ("en", 1, "1 card"),
        ("en", 4368, "4,368 cards"),
        ("de", 1, "1 Karte"),
        ("de", 4368, "4.368 Karten"),
        ("de-AT", 2, "2 Karten"),
        ("fr", 2, "2 cards"),
    ],
)
def test_a_number_takes_the_plural_of_its_language(language: str, number: int, wanted: str) -> None:
    wording = Wordings().of(language)
    assert wording.ngettext("%(num)s card", "%(num)s cards", number) == wanted


def catalogue(folder: Path, language: str, *entries: str) -> Path:
    file = folder / "catalogues" / f"{language}.po"
    file.parent.mkdir(exist_ok=True)
    head = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"""
    file.write_text("\n".join([head, *entries]), encoding="utf-8")
    return file


def test_a_workspace_words_some_things_its_own_way(tmp_path: Path) -> None:
    catalogue(tmp_path, "de", 'msgid "Unsubscribe"\nmsgstr "Newsletter abbestellen"\n')
    wording = Wordings(tmp_path).of("de-CH")
    assert wording.gettext("Unsubscribe") == "Newsletter abbestellen"
    assert wording.gettext("Change") == "Ändern"


def test_a_workspace_brings_a_language(tmp_path: Path) -> None:
    catalogue(tmp_path, "sv", 'msgid "Unsubscribe"\nmsgstr "Avsluta"\n')
    assert Wordings(tmp_path).of("sv").gettext("Unsubscribe") == "Avsluta"
    assert Wordings().of("sv").gettext("Unsubscribe") == "Unsubscribe"


@pytest.mark.parametrize(
    ("translation", "words"),
    [
        ("%(adress)s", r'has the placeholder "%\(adress\)s"; its message has "%\(address\)s"'),
        ("100 % %(address)s", r'has a "%" that begins no placeholder; write "%%"'),
    ],
)
def test_a_translation_that_would_break_a_page_is_refused(
    tmp_path: Path, translation: str, words: str
) -> None:
    file = catalogue(tmp_path, "de", f'msgid "To get it, write to %(address)s."\nmsgstr "{translation}"\n')
    with pytest.raises(RenderError, match=rf"de\.po:\d+: .*{words}") as caught:
        Wordings(tmp_path).of("de")
    assert str(file) in str(caught.value)


def test_a_template_says_what_the_page_or_mail_says(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '{{ _("To get it, write to %(address)s.", address=to) }}{{ 4368 | number }}', encoding="utf-8"
    )
    environment: jinja2.Environment = make_environment(tmp_path)
    german = render(environment, "a.html", language="de", to="<a>")
    assert german == "Um ihn zu erhalten, schreiben Sie an &lt;a&gt;.4.368"
    assert render(environment, "a.html", to="b") == "To get it, write to b.4,368"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('msgid "Save"\nmsgstr "Spara', r"sv\.po:7: .* neither a comment nor a keyword"),
        ('msgid "Save"\nmsgstr Spara', r"sv\.po:7: .* neither a comment nor a keyword"),
        (
            'msgid "Save"\n\nmsgid "Name"\nmsgstr "Namn"',
            r"sv\.po:\d+: is no gettext catalogue: missing msgstr",
        ),
    ],
)
def test_what_is_no_catalogue_is_refused_with_its_line(tmp_path: Path, entry: str, words: str) -> None:
    file = catalogue(tmp_path, "sv", entry)
    with pytest.raises(RenderError, match=words):
        read_catalogue(file)


def test_a_rule_of_plurals_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    file = catalogue(tmp_path, "sv", 'msgid "Save"\nmsgstr "Spara"')
    file.write_text(file.read_text(encoding="utf-8").replace("(n != 1)", "(n ! 1)"), encoding="utf-8")
    with pytest.raises(RenderError, match=r'sv\.po: its Plural-Forms have "\(n ! 1\)"'):
        read_catalogue(file)
