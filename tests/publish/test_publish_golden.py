"""Whole documents, compared with those kept under ``golden/``.

They are written anew only when asked for (``LETTERS_WRITE_GOLDEN=1``), and the run that writes them fails.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from builders import add_pair, add_uncarded, day, make_card, make_episode, make_id
from feed_validator import validate
from letters.model import (
    PUBLIC,
    Chapters,
    Edition,
    Enclosure,
    IssueState,
    Occurrence,
    Person,
    RelatedCard,
    Rendering,
    Transcript,
)
from letters.store.entries import retire_entry
from letters.store.issues import add_issue

GOLDEN = Path(__file__).with_name("golden")
DOCUMENTS = (
    "all.rss",
    "all.atom",
    "all.json",
    "topics/signs-wonders/keeper.rss",
    "editions/weekly.atom",
    "index.opml",
    "index.html",
    "topics/signals/index.html",
    f"cards/card-1-{make_id('card', 1)[:6]}/index.html",
    f"cards/card-3-{make_id('card', 3)[:6]}/index.html",
)


@pytest.fixture
def everything(press: Any, with_settings: Any) -> Any:
    """Every field filled once, every kind of document made."""
    press.settings = with_settings(
        editions=(Edition(key="weekly", title="The weekly Signal", when="0 8 * * MON"),),
        site={
            "description": "Of lights, logs & more.",
            "contact": "desk@signal.example",
            "icon": "https://signal.example/icon.png",
            "image": "https://signal.example/cover.png",
            "rights": "© Signal & friends",
        },
        publish={
            "hub": "https://hub.example/",
            "license": "https://license.example/by/4.0",
            "podcast_category": "News > Tech News",
        },
    )
    with press.store.write() as c:
        add_pair(
            c,
            1,
            card=make_card(
                1,
                title="AT&T <b> and the “last” lamp",
                topics=("Signals", "Signs & Wonders"),
                related_on="Signal",
                related=(RelatedCard(title="Card 2"), RelatedCard(title="Only a name")),
                language="en-GB",
            ),
            episode=make_episode(
                1,
                season=1,
                number=4,
                image="https://lighthouse.example/1.jpg",
                people=(Person(name="Ada Keeper", role="guest"),),
                transcripts=(Transcript(url="https://lighthouse.example/1.vtt", type="text/vtt"),),
                chapters=Chapters(url="https://lighthouse.example/1.json", type="application/json+chapters"),
            ),
        )
        video = (Enclosure(url="https://media.lighthouse.example/2.mp4"),)
        add_pair(
            c, 2, episode=make_episode(2, enclosures=video, link="https://video.example/2", duration=None)
        )
        add_pair(c, 3)
        retire_entry(c, make_id("card", 3), at=day(5))
        add_uncarded(c, 4)
        public = Rendering(
            choice=PUBLIC,
            subject="One lamp & more",
            preheader="",
            html="<html><body><table><tr><td><h1>One lamp</h1></td></tr></table></body></html>",
            text="One lamp",
        )
        add_issue(
            c,
            edition="weekly",
            occurrence=Occurrence(at=day(8), local_date=date(2026, 3, 9)),
            number=1,
            state=IssueState.SENT,
            subject=public.subject,
            composed_at=day(8),
            renderings=[public],
        )
    press.publish(day(10))
    return press


def test_documents_are_as_they_were(everything: Any) -> None:
    if os.environ.get("LETTERS_WRITE_GOLDEN"):
        for path in DOCUMENTS:
            (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / path).write_bytes((everything.tree / path).read_bytes())
        pytest.fail(f"wrote {len(DOCUMENTS)} golden documents: look at the difference, then run without it")
    for path in DOCUMENTS:
        assert everything.text(path) == (GOLDEN / path).read_text(), path


# Owed until the press is given an `Imprint`: a podcast's owner.
OWED = {"itunes-feed"}


def test_every_feed_keeps_the_rules_of_its_format(everything: Any) -> None:
    """R57, by the tests' own validator."""
    feeds = [path for path in everything.files() if path.endswith((".rss", ".atom", ".json"))]
    assert len(feeds) == 3 * 7
    for path in feeds:
        document = (everything.tree / path).read_bytes()
        findings = validate(document, f"https://signal.example/{path}")
        assert [one for one in findings if one.rule not in OWED] == [], path
