"""Asking the links of a mail whether they are there, over real HTTP."""

from __future__ import annotations

import pytest
from composing import make_settings

from httpserver import HttpServer, Reply, Request
from letters.compose.proof import LinkAnswer, MailLink, ask_links, asking
from letters.model import PersonalLink
from letters.settings import Settings


def link(url: str) -> MailLink:
    return MailLink(url=url, names=("x",), is_in_text=True)


def ask(settings: Settings, *urls: str, not_yet: tuple[str, ...] = ()) -> dict[str, LinkAnswer]:
    return {one.url: one for one in ask_links([link(url) for url in urls], settings, not_yet=not_yet)}


@pytest.fixture
def reaching(http_server: HttpServer) -> Settings:
    settings = make_settings()
    watch = settings.watch.model_copy(update={"allow_private": (http_server.place,)})
    return settings.model_copy(update={"watch": watch})


def test_each_link_is_asked_once_and_its_answer_told(http_server: HttpServer, reaching: Settings) -> None:
    there = http_server.on("/there", Reply(200, b"here"))
    gone = http_server.on("/gone", Reply(410))
    shy = http_server.on("/shy", Reply(403))
    moved = http_server.redirect("/moved", there, 301)
    lost = http_server.redirect("/lost", http_server.url("/nowhere"))
    answers = ask(reaching, there, gone, shy, moved, lost)
    assert {url.rpartition("/")[2]: (one.status, one.is_broken) for url, one in answers.items()} == {
        "there": (200, False),
        "gone": (410, True),
        "shy": (403, False),
        "moved": (200, False),
        "lost": (404, True),
    }
    assert answers[moved].words == f"200 OK, moved for good to {there}"
    assert "look yourself" in answers[shy].words
    assert str(answers[gone].problem()) == f'html: the link to "{gone}" is broken: 410 Gone'
    assert [request.method for request in http_server.requests if request.path == "/gone"] == ["HEAD"]


def test_a_server_that_knows_only_get_is_asked_again(http_server: HttpServer, reaching: Settings) -> None:
    def only_get(request: Request) -> Reply:
        return Reply(200, b"x" * 100_000) if request.method == "GET" else Reply(405)

    url = http_server.on("/get", only_get)
    assert ask(reaching, url)[url].status == 200


def test_what_is_nobodys_or_not_there_yet_is_not_asked(http_server: HttpServer, reaching: Settings) -> None:
    page = http_server.on("/issues/weekly/8/", Reply(404))
    answers = ask(
        reaching, page, PersonalLink.UNSUBSCRIBE.value, "mailto:a@b.example", "#top", not_yet=(page,)
    )
    assert list(answers) == [page]
    assert (answers[page].status, answers[page].is_broken) == (None, False)
    assert answers[page].words == "comes to be when the issue is sent"
    assert http_server.requests == []


def test_a_private_place_is_not_reached_for_a_mail(http_server: HttpServer) -> None:
    """R63."""
    url = http_server.on("/secret", Reply(200))
    answer = ask(make_settings(), url)[url]
    assert (answer.status, answer.is_broken) == (None, True)
    assert http_server.requests == []


def test_there_is_a_limit(
    http_server: HttpServer, reaching: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST", 1)
    first, second = http_server.on("/1", Reply(200)), http_server.on("/2", Reply(200))
    answers = ask(reaching, first, second)
    assert answers[first].status == 200
    assert answers[second].words == "not asked: more than 1 links"
    assert not answers[second].is_broken
