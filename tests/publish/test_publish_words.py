"""In which language feeds say what Letters itself says: the site's, and nothing that identifies depends on it."""

from __future__ import annotations

import pytest
from press_kit import Press, make_settings

from builders import add_pair, day, make_card
from letters.model import Edition, RelatedCard, Topic

ENGLISH = [
    "Summaries and takeaways",
    "The issues of the newsletter",
    "Everything",
    "Key takeaway",
    "Key insights",
    "Principles",
    "In practice",
    "Best for",
    "Related",
    "published by",
    "all feeds",
    "Topics for an audience",
]


@pytest.fixture
def filled(sqlite_press: Press) -> Press:
    with sqlite_press.store.write() as c:
        for number in (1, 2, 3):
            card = make_card(
                number,
                topics=("Signals",),
                audiences=("Keeper",),
                related=(RelatedCard(title="A buoy in fog"),),
            )
            add_pair(c, number, card=card)
    edition = Edition(key="weekly", title="Die Woche", when="0 8 * * MON", zone="UTC")
    sqlite_press.settings = make_settings(
        editions=(edition,), topics=(Topic(key="signals", name="Signals", declared=True),)
    )
    return sqlite_press


def in_german(press: Press) -> None:
    site = press.settings.site.model_copy(update={"language": "de"})
    press.settings = press.settings.model_copy(update={"site": site})


def test_the_words_that_are_looked_for_are_those_of_feeds(filled: Press) -> None:
    filled.publish()
    said = "".join(filled.text(path) for path in ("all.rss", "editions/weekly.rss", "index.opml"))
    assert [words for words in ENGLISH if words not in said] == []


def test_a_german_site_has_german_feeds_of_the_same_identity(filled: Press) -> None:
    filled.publish()
    english = {path: filled.json(path) for path in filled.files() if path.endswith(".json")}
    in_german(filled)
    filled.publish(day(101))
    for path in filled.files():
        if path.endswith((".rss", ".atom", ".json", ".opml")):
            assert [words for words in ENGLISH if words in filled.text(path)] == [], path
    feed = filled.json("topics/signals.json")
    assert feed["description"] == "Zusammenfassungen und Kernaussagen zu Signals, jeweils mit der Folge."
    assert filled.json("topics/signals/keeper.json")["title"] == "Signal: Signals für Keeper"
    assert "Original (Folge) erschienen bei The Lighthouse Show." in feed["items"][0]["content_html"]
    assert english.keys() == {path for path in filled.files() if path.endswith(".json")}
    for path, before in english.items():
        now = filled.json(path)
        assert (now["feed_url"], now["_podcast"]["guid"]) == (before["feed_url"], before["_podcast"]["guid"])
        # Whoever read an entry in English is not shown it anew.
        assert [(one["id"], one.get("date_modified")) for one in now["items"]] == [
            (one["id"], one.get("date_modified")) for one in before["items"]
        ]


def test_a_changed_catalogue_has_feeds_written_again(filled: Press) -> None:
    in_german(filled)
    filled.publish()
    file = filled.workspace.templates / "catalogues" / "de.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "Key takeaway"\nmsgstr "Der <Kern>"\n', encoding="utf-8")
    filled.publish(day(101))
    # A label is text, in feeds as elsewhere.
    assert "<h3>Der &lt;Kern&gt;</h3>" in filled.json("all.json")["items"][0]["content_html"]
