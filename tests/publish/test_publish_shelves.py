"""Many topics and audiences, as people look for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from lxml import html as lxml_html

from builders import add_pair, make_card
from letters.publish.shelves import SHORT, Place, arrange


def place(name: str, count: int = 1) -> Place:
    return Place(key=name, name=name, url=f"./topics/{name}/", count=count, newest=date(2026, 3, 1))


def names(places: Any) -> list[str]:
    return [one.name for one in places]


def test_few_places_are_all_shown_by_name() -> None:
    shelf = arrange([place("fog"), place("Éclair"), place("beacon"), place("Anchor")])
    assert names(shelf.first) == names(shelf.places) == ["Anchor", "beacon", "fog", "Éclair"]
    assert shelf.is_short
    assert shelf.groups == ()


def test_of_many_places_those_of_the_newest_entries_come_first_by_name() -> None:
    many = [place(f"t{number:02}", count=number) for number in range(SHORT + 1)]
    shelf = arrange(many, ["t03", "t03", "t01"], url="topics/")
    assert names(shelf.first) == ["t01", "t03", *(f"t{number}" for number in range(15, 25))]
    assert not shelf.is_short


def test_very_many_places_stand_under_their_letters() -> None:
    many = [place(f"b{number}") for number in range(40)]
    others = [place(name) for name in ("Öl", "灯台", "3D", "Ярус", "한국", "نور", "zebra")]
    shelf = arrange(many + others)
    assert [(group.letter, len(group.places)) for group in shelf.groups] == [
        ("B", 40),
        ("O", 1),
        ("Z", 1),
        ("Я", 1),
        ("ن", 1),
        ("Other", 3),
    ]
    assert len({group.anchor for group in shelf.groups}) == len(shelf.groups)


@pytest.fixture
def busy(sqlite_press: Any) -> Any:
    with sqlite_press.store.write() as c:
        for number in range(1, 51):
            topics = (f"Topic {number}", "Fog") if number > 40 else (f"Topic {number}",)
            add_pair(c, number, card=make_card(number, topics=topics))
    sqlite_press.publish()
    return sqlite_press


def test_the_home_shows_the_busiest_and_leads_to_all(busy: Any) -> None:
    root = lxml_html.document_fromstring(busy.text("index.html"))
    (section,) = [one for one in root.xpath("//section") if "interested" in one.text_content()]
    shown = [one.text_content() for one in section.xpath(".//*[contains(@class, 'what')]")]
    assert len(shown) == 12
    assert "Fog" in shown
    (all_of_them,) = section.xpath(".//a[@class='all']")
    assert all_of_them.text_content() == "All 51 topics, A to Z"
    assert all_of_them.get("href") == "topics/"
    assert "All" not in [one.text_content() for one in root.xpath("//a[@href='audiences/']")]


def test_the_list_of_all_topics_has_each_once_and_letters_that_lead_to_them(busy: Any) -> None:
    root = lxml_html.document_fromstring(busy.text("topics/index.html"))
    assert len(root.xpath("//ul[@class='names']/li")) == 51
    jumps = root.xpath("//nav[@class='jump']/a")
    assert [one.text_content() for one in jumps] == ["F", "T"]
    assert {one.get("href")[1:] for one in jumps} == set(root.xpath("//h2/@id"))


def test_what_the_home_shows_whole_has_no_list_of_its_own(busy: Any) -> None:
    assert not (busy.tree / "audiences" / "index.html").exists()
    assert "Keeper" in busy.text("index.html")


def test_a_page_with_many_narrower_feeds_folds_most_of_them(busy: Any) -> None:
    root = lxml_html.document_fromstring(busy.text("audiences/keeper/index.html"))
    assert root.xpath("//summary")[0].text_content() == "All 51"
    assert len(root.xpath("//details//li")) == 51


def test_before_the_first_card_there_is_no_list_to_lead_to(sqlite_press: Any) -> None:
    sqlite_press.publish()
    assert not (sqlite_press.tree / "topics").exists()
    assert "Nothing is published yet" in sqlite_press.text("index.html")
