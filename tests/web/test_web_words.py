"""In which language the pages behind mails speak: the reader's where they are known and we speak it, else the site's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from litestar.testing import TestClient

from letters.store.subscribers import save_subscribers
from letters.text import Wordings
from letters.text.catalogues import read_catalogue
from letters.text.shipped import find_shipped
from letters.web.app import words_of

Client = TestClient[Any]
GERMAN = read_catalogue(find_shipped("templates") / "catalogues" / "de.po")


def speak(here: Any, *, site: str = "en", reader: str = "") -> None:
    there = here.settings.site.model_copy(update={"language": site})
    here.settings = here.settings.model_copy(update={"site": there})
    ada = replace(here.reader(), language=reader)
    with here.store.write() as c:
        save_subscribers(c, [ada], now=ada.consent_at)


def words(text: str) -> str:
    """What a person reads of a page."""
    return unescape(re.sub(r"<[^>]+>", "", text))


def left_english(text: str) -> list[str]:
    """Messages of ours, long enough not to stand there by chance, that a page says in English."""
    texts = [message.id if isinstance(message.id, str) else message.id[0] for message in GERMAN if message.id]
    parts = [words(part).strip() for one in texts for part in re.split(r"%\(\w+\)s", one)]
    return [part for part in parts if len(part) > 14 and part in words(text)]


def language_of(text: str) -> str:
    (found,) = re.findall(r'<html lang="([^"]*)"', text)
    return str(found)


PAGES: list[Callable[[Any, Client], str]] = [
    lambda here, client: client.get("/subscribe").text,
    lambda here, client: client.get("/nowhere").text,
    lambda here, client: client.get(here.confirm_path()).text,
    lambda here, client: client.post(here.confirm_path()).text,
    lambda here, client: client.get(here.preferences_path()).text,
    lambda here, client: client.get(f"{here.preferences_path()}/erase").text,
    lambda here, client: client.post(f"{here.preferences_path()}/feed").text,
    lambda here, client: client.get(here.unsubscribe_path()).text,
    lambda here, client: client.post(here.unsubscribe_path()).text,
    lambda here, client: client.post(f"{here.unsubscribe_path()}/all").text,
]


@pytest.mark.parametrize("page", PAGES)
def test_a_german_site_says_nothing_in_english(
    here: Any, client: Client, page: Callable[[Any, Client], str]
) -> None:
    speak(here, site="de")
    text = page(here, client)
    assert language_of(text) == "de"
    assert left_english(text) == []


def test_what_is_left_english_would_be_found(here: Any, client: Client) -> None:
    assert "What do you want to read about?" in left_english(client.get(here.preferences_path()).text)


@pytest.mark.parametrize(
    ("site", "reader", "spoken"),
    [
        ("en", "de", "de"),
        ("en", "de-AT", "de-AT"),
        ("de", "en", "en"),
        ("de", "", "de"),
        # A language we do not speak is no reason to speak English to a German site's reader.
        ("de", "eo", "de"),
    ],
)
def test_a_readers_own_page_is_in_their_language(
    here: Any, client: Client, site: str, reader: str, spoken: str
) -> None:
    speak(here, site=site, reader=reader)
    wanted = "Ihre Auswahl" if spoken.startswith("de") else "Your choices"
    for path in (here.preferences_path(), f"{here.preferences_path()}/erase", here.unsubscribe_path()):
        text = client.get(path).text
        assert language_of(text) == spoken
        assert bool(left_english(text)) == (spoken == "en")
    assert f"<h1>{wanted}</h1>" in client.get(here.preferences_path()).text


def test_hours_and_dates_are_in_the_language_of_the_page(here: Any, client: Client) -> None:
    speak(here, reader="de")
    text = words(client.get(here.preferences_path()).text)
    assert "Montags um 08:00 Uhr" in text
    assert re.search(r"AI policy, weekly: \d+\. \w+ \d{4}, \d\d:\d\d Uhr \(", text)


def test_a_catalogue_that_cannot_be_read_does_not_silence_errors(here: Any, client: Client) -> None:
    file = here.workspace.templates / "catalogues" / "de.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "That was too much"\nmsgstr "%(nobody)s"\n', encoding="utf-8")
    speak(here, site="de")
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_every_refusal_has_words_in_german() -> None:
    english, german = words_of(Wordings().of("en")), words_of(Wordings().of("de"))
    assert english.keys() == german.keys()
    assert not [key for key in english if set(english[key]) & set(german[key])]
