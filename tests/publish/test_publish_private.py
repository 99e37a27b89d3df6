"""A reader's own feed: what it holds, and what of it is theirs alone."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from press_kit import Press

from builders import add_pair, add_uncarded, change_card, day, make_card
from feed_validator import validate
from letters.model import Choice
from letters.publish import FORMATS, PrivatePress
from letters.publish.private import private_guid
from letters.store.entries import load_entries, retire_entry
from letters.store.private_feeds import newest_published

TOKEN = "ada.serial.signature_of-them"
NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}


def choose(topics: str = "", audiences: str = "") -> Choice:
    return Choice(topics=frozenset(topics.split()), audiences=frozenset(audiences.split()))


def write(press: Press, form: str, choice: Choice, *, uid: str = "ada", token: str = TOKEN) -> bytes:
    document = PrivatePress(press.store, press.settings).write(choice, form)
    assert document is not None
    return document.beginning_for(token=token, uid=uid) + document.rest


def titles(press: Press, choice: Choice) -> list[str]:
    return [item["title"] for item in json.loads(write(press, "json", choice))["items"]]


@pytest.fixture
def filled(press: Press) -> Press:
    """Six cards on two topics for two audiences, and an episode without a card."""
    with press.store.write() as c:
        for number, (topics, audiences) in enumerate(
            [
                (("Signals",), ("Keeper",)),
                (("Signals", "Fog"), ("Pilot",)),
                (("Fog",), ("Keeper", "Pilot")),
                ((), ("Pilot",)),
                (("Fog",), ()),
                ((), ()),
            ],
            start=1,
        ):
            add_pair(c, number, card=make_card(number, topics=topics, audiences=audiences))
        add_uncarded(c, 7)
    press.publish()
    return press


CHOICES = [
    choose(),
    choose("signals"),
    choose("fog"),
    choose("signals fog"),
    choose(audiences="keeper"),
    choose("fog", "keeper"),
    choose("signals", "pilot keeper"),
    choose("nothing-of-ours"),
    choose("fog nothing-of-ours", "pilot"),
]


@pytest.mark.parametrize("choice", CHOICES, ids=lambda one: one.key or "everything")
def test_it_holds_what_the_choice_lets_into_a_mail_newest_first(filled: Press, choice: Choice) -> None:
    """The database's spelling of the rule, and the rule."""
    with filled.store.read() as c:
        wanted = [entry.id for entry in reversed(load_entries(c)) if choice.lets_in(entry)]
        assert newest_published(c, choice, size=100) == wanted
        assert newest_published(c, choice, size=2) == wanted[:2]
    ids = [item["id"] for item in json.loads(write(filled, "json", choice))["items"]]
    assert ids == [f"urn:uuid:{one}" for one in wanted]


def test_everything_and_one_topic_by_name(filled: Press) -> None:
    assert titles(filled, choose("signals")) == ["Card 2", "Card 1"]
    assert len(titles(filled, choose())) == 7


def test_it_holds_no_more_entries_than_other_feeds(filled: Press) -> None:
    publish = filled.settings.publish.model_copy(update={"entries": 2})
    filled.settings = filled.settings.model_copy(update={"publish": publish})
    assert titles(filled, choose("fog")) == ["Card 5", "Card 3"]


def test_what_is_not_published_yet_or_taken_back_is_not_in_it(filled: Press) -> None:
    with filled.store.write() as c:
        add_pair(c, 8)
        retire_entry(c, make_card(2).id, at=day(101))
    assert titles(filled, choose("signals")) == ["Card 1"]
    filled.publish(day(102))
    assert titles(filled, choose("signals")) == ["Card 8", "Card 1"]


def test_a_card_on_another_topic_now_leaves_and_comes(filled: Press) -> None:
    with filled.store.write() as c:
        change_card(c, make_card(1, topics=("Fog",)))
    filled.publish(day(101))
    assert titles(filled, choose("signals")) == ["Card 2"]
    assert "Card 1" in titles(filled, choose("fog"))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("choice", [choose(), choose("signals"), choose("nothing-of-ours")])
def test_it_is_valid_in_all_formats(filled: Press, form: str, choice: Choice) -> None:
    document = write(filled, form, choice)
    assert validate(document, f"https://signal.example/private/{TOKEN}.{form}") == []


def test_what_is_the_readers_own_and_what_is_everybodys(filled: Press) -> None:
    own, url = private_guid("ada"), f"https://signal.example/private/{TOKEN}"
    public = {filled.json(path)["_podcast"]["guid"] for path in ("all.json", "topics/signals.json")}
    assert own not in public
    assert own != private_guid("bob")
    rss = ElementTree.fromstring(write(filled, "rss", choose("signals"))).find("channel")
    atom = ElementTree.fromstring(write(filled, "atom", choose("signals")))
    feed = json.loads(write(filled, "json", choose("signals")))
    assert rss is not None
    assert rss.findtext("podcast:guid", namespaces=NAMESPACES) == own
    assert atom.findtext("atom:id", namespaces=NAMESPACES) == f"urn:uuid:{own}"
    assert (feed["_atom"]["id"], feed["_podcast"]["guid"]) == (f"urn:uuid:{own}", own)
    links = [link.attrib for root in (rss, atom) for link in root.findall("atom:link", NAMESPACES)]
    assert [link["href"] for link in links if link["rel"] == "self"] == [f"{url}.rss", f"{url}.atom"]
    assert feed["feed_url"] == f"{url}.json"
    assert {link["rel"] for link in links} == {"self", "alternate"}
    assert rss.findtext("link") == feed["home_page_url"] == "https://signal.example/"
    assert rss.findtext("title") == feed["title"] == "Signal, for you"
    # Entries are those of the public feeds, so whoever follows both is shown each once.
    assert feed["items"] == filled.json("topics/signals.json")["items"]


def test_no_directory_may_list_it_and_no_hub_hears_of_it(filled: Press) -> None:
    publish = filled.settings.publish.model_copy(update={"locked": False, "hub": "https://hub.example/"})
    filled.settings = filled.settings.model_copy(update={"publish": publish})
    rss = ElementTree.fromstring(write(filled, "rss", choose())).find("channel")
    atom = ElementTree.fromstring(write(filled, "atom", choose()))
    feed = json.loads(write(filled, "json", choose()))
    for root in (rss, atom):
        assert root is not None
        assert root.findtext("itunes:block", namespaces=NAMESPACES) == "Yes"
        assert root.findtext("podcast:block", namespaces=NAMESPACES) == "yes"
    assert rss is not None
    assert rss.findtext("podcast:locked", namespaces=NAMESPACES) == "yes"
    assert (feed["_podcast"]["locked"]["value"], feed["_podcast"]["block"]) == ("yes", "yes")
    for form in FORMATS:
        assert b"hub.example" not in write(filled, form, choose())


def test_the_marks_are_all_that_differs_between_two_readers(filled: Press) -> None:
    for form in FORMATS:
        document = PrivatePress(filled.store, filled.settings).write(choose(), form)
        assert document is not None
        ada = document.beginning_for(token=TOKEN, uid="ada")
        bob = document.beginning_for(token="bob.x.y", uid="bob")
        assert (
            ada.replace(TOKEN.encode(), b"bob.x.y").replace(
                private_guid("ada").encode(), private_guid("bob").encode()
            )
            == bob
        )
        assert document.token_mark not in ada + document.rest
        assert document.guid_mark not in ada + document.rest
        # What is repeated per request is small beside what is shared.
        assert len(ada) < 3_000


def test_it_is_the_same_bytes_every_time(filled: Press) -> None:
    for form in FORMATS:
        assert write(filled, form, choose("fog")) == write(filled, form, choose("fog"))


def test_hostile_names_of_topics_stay_text(press: Press) -> None:
    card = make_card(1, topics=("<b>&]]>\x07 x</b>",))
    with press.store.write() as c:
        add_pair(c, 1, card=card)
    press.publish()
    (key,) = [one["term"] for one in press.json("all.json")["items"][0]["_atom"]["category"]][:1]
    for form in FORMATS:
        document = write(press, form, choose(key))
        assert validate(document, f"https://signal.example/private/{TOKEN}.{form}") == []
    assert "<b>&]]> x</b>" in json.loads(write(press, "json", choose(key)))["description"]


def test_before_the_first_publishing_there_is_none(press: Press) -> None:
    assert PrivatePress(press.store, press.settings).write(choose(), "rss") is None


def test_a_german_feed_says_all_in_german_and_is_the_same_feed(filled: Press) -> None:
    english = json.loads(write(filled, "json", choose("signals")))
    site = filled.settings.site.model_copy(update={"language": "de"})
    filled.settings = filled.settings.model_copy(update={"site": site})
    german = json.loads(write(filled, "json", choose("signals")))
    assert german["title"] == "Signal, für Sie"
    assert german["description"].startswith("Zusammenfassungen und Kernaussagen zu ")
    assert "Summaries" not in german["description"]
    assert german["_podcast"]["guid"] == english["_podcast"]["guid"]
    assert [one["id"] for one in german["items"]] == [one["id"] for one in english["items"]]
