"""The cases that make pairing hard, each as a small story with invented shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import Any

from letters.model import Decision, Pairing
from letters.pair import CardToPair, EpisodeToPair, match

_numbers = count(1)
SHOW = "The Lantern Hour"
#: What else the show has, so that its words are as rare as in life.
OTHERS = (
    "How harbours learn to sleep",
    "A cartographer's second thoughts",
    "Salt, rope and patience",
    "The winter the ferries stopped",
    "Letters nobody collected",
    "What the divers brought up",
)


def episode(title: str, *, show: str = SHOW, names: Sequence[str] = (), **fields: Any) -> EpisodeToPair:
    number = next(_numbers)
    return EpisodeToPair(id=f"e{number:04}", show=show, names=(show, *names), title=title, **fields)


def card(title: str, *, publisher: str = SHOW, **fields: Any) -> CardToPair:
    return CardToPair(id=f"c{next(_numbers):04}", title=title, publisher=publisher, **fields)


def others(show: str = SHOW) -> list[EpisodeToPair]:
    return [episode(title, show=show) for title in OTHERS]


def decide(wanted: CardToPair, *episodes: EpisodeToPair) -> Pairing:
    (pairing,) = match([*others(), *episodes], [wanted])
    return pairing


def words_of(pairing: Pairing) -> str:
    return "; ".join(evidence.words for evidence in pairing.evidence)


def assert_paired(pairing: Pairing, with_: EpisodeToPair) -> None:
    assert (pairing.decision, pairing.episode_id) == (Decision.PAIRED, with_.id), words_of(pairing)


def test_decorated_titles_are_the_same_title() -> None:
    wanted = episode("#88 – Mara Voss: Lighthouses, Loneliness &amp; the Long Night")
    found = decide(card("Mara Voss: Lighthouses, loneliness & the long night | The Lantern Hour #88"), wanted)
    assert_paired(found, wanted)


def test_a_sibling_part_is_never_taken_for_the_other() -> None:
    first, second = episode("The drowned village (Part 1)"), episode("The drowned village (Part 2)")
    assert_paired(decide(card("The Drowned Village, part two"), first, second), second)


def test_a_part_that_does_not_exist_is_not_paired_with_its_sibling() -> None:
    first, second = episode("The drowned village (Part 1)"), episode("The drowned village (Part 2)")
    found = decide(card("The drowned village (Part 3)"), first, second)
    assert found.decision is not Decision.PAIRED
    assert "the card is part 3" in words_of(found) or found.episode_id is None


def test_another_number_weighs_more_than_an_equal_title() -> None:
    found = decide(card("#413 Questions from listeners"), episode("#412 Questions from listeners"))
    assert found.decision is not Decision.PAIRED


def test_a_number_on_one_side_only_is_no_contradiction() -> None:
    wanted = episode("Episode 57: The clockmaker's daughter")
    assert_paired(decide(card("The clockmaker's daughter"), wanted), wanted)
    other = episode("Seven ways to lose an anchor")
    assert_paired(decide(card("#91 Seven ways to lose an anchor"), other), other)


def test_a_renamed_show_is_found_by_its_former_name() -> None:
    wanted = episode("The keeper who counted ships", show="beacon", names=["Beacon Radio", "Harbour Nights"])
    found = match(
        [*others("beacon"), wanted],
        [card("The keeper who counted ships", publisher="Harbour Nights Podcast")],
    )
    assert_paired(found[0], wanted)


def test_a_rerun_with_the_same_title_is_told_apart_by_its_date() -> None:
    first = episode("The wreck of the Halcyon", published=date(2021, 3, 4))
    again = episode("The wreck of the Halcyon", published=date(2025, 8, 7))
    assert_paired(decide(card("The wreck of the Halcyon", date=date(2025, 8, 7)), first, again), again)
    assert_paired(decide(card("The wreck of the Halcyon", date=date(2021, 3, 4)), first, again), first)


def test_two_equal_candidates_are_for_a_person_to_decide() -> None:
    twins = [episode("The wreck of the Halcyon", published=date(year, 3, 4)) for year in (2021, 2025)]
    found = decide(card("The wreck of the Halcyon"), *twins)
    assert found.decision is Decision.REVIEW
    assert found.episode_id in {twin.id for twin in twins}
    assert "as are those of other episodes" in words_of(found)
    assert 'the next best is "The wreck of the Halcyon"' in words_of(found)


def test_the_same_title_in_two_shows_goes_to_the_credited_one() -> None:
    ours = episode("First light over the estuary")
    theirs = episode("First light over the estuary", show="Tidewater")
    found = match(
        [*others(), *others("Tidewater"), ours, theirs],
        [
            card("First light over the estuary", publisher="Tidewater Podcast"),
            card("First light over the estuary", publisher="Lantern Hour"),
        ],
    )
    assert_paired(found[0], theirs)
    assert_paired(found[1], ours)


def test_an_episode_of_another_show_is_not_taken() -> None:
    theirs = episode("First light over the estuary", show="Tidewater")
    found = match([*others(), *others("Tidewater"), theirs], [card("First light over the estuary")])
    assert found[0].decision is not Decision.PAIRED


def test_titles_in_scripts_without_spaces_are_compared() -> None:
    show = "灯塔时间"
    titles = (
        "第11期 港口如何入睡",
        "第12期 制图师的犹豫：地图上没有的岛",
        "第13期 盐与绳索",
        "第14期 无人认领的信",
    )
    episodes = [episode(title, show=show) for title in titles]
    found = match(episodes, [card("制图师的犹豫：地图上没有的岛｜灯塔时间", publisher="灯塔时间播客")])
    assert_paired(found[0], episodes[1])
    next_part = match(episodes, [card("第15期 制图师的第二次犹豫", publisher=show)])
    assert next_part[0].decision is not Decision.PAIRED


def test_a_title_that_was_cut_off_finds_the_whole() -> None:
    wanted = episode("A field guide to imaginary coastlines and the people who drew them")
    assert_paired(decide(card("A field guide to imaginary coastl…"), wanted), wanted)


def test_a_typing_mistake_does_not_part_them() -> None:
    wanted = episode("The botanist who painted storms for the admiralty")
    assert_paired(decide(card("The botanist who painted storms for the admirality"), wanted), wanted)


def test_the_same_guest_with_another_topic_is_not_paired() -> None:
    found = decide(
        card("Mara Voss: Bread, salt and the art of waiting"), episode("Mara Voss: On lighthouses and night")
    )
    assert found.decision is not Decision.PAIRED


def test_a_card_may_come_before_its_episode() -> None:
    early = card("The clockmaker's daughter")
    assert match(others(), [early])[0].decision is Decision.NONE
    wanted = episode("57: The clockmaker's daughter")
    assert_paired(match([*others(), wanted], [early])[0], wanted)


def test_an_episode_may_come_before_its_card() -> None:
    wanted = episode("57: The clockmaker's daughter")
    assert match([*others(), wanted], []) == []
    assert_paired(match([*others(), wanted], [card("The Clockmaker’s Daughter")])[0], wanted)


def test_a_link_binds_outright_whatever_the_title_says() -> None:
    wanted = episode("Bonus", addresses=("https://lantern.example/listen/57",))
    tempting = episode("The clockmaker's daughter")
    found = decide(
        card("The clockmaker's daughter", link="http://www.lantern.example/listen/57/?utm_source=x"),
        tempting,
        wanted,
    )
    assert_paired(found, wanted)
    assert found.probability == 1.0


def test_a_guid_binds_outright() -> None:
    wanted = episode("Bonus", guid="tag:lantern.example,2026:57")
    assert_paired(decide(card("Something else", guid="tag:lantern.example,2026:57"), wanted), wanted)


def test_a_link_to_no_episode_waits_and_says_so() -> None:
    found = decide(
        card("The clockmaker's daughter", link="https://lantern.example/99"),
        episode("The clockmaker's daughter"),
    )
    assert (found.decision, found.episode_id) == (Decision.NONE, None)
    assert 'none has the link "https://lantern.example/99"' in words_of(found)


def test_where_a_card_was_seen_binds_only_when_an_episode_has_the_address() -> None:
    wanted = episode("The clockmaker's daughter")
    assert_paired(
        decide(card("The clockmaker's daughter", seen_at="https://youtu.be/abcDEF12345"), wanted), wanted
    )
    video = episode("Bonus", addresses=("https://www.youtube.com/watch?v=abcDEF12345",))
    assert_paired(
        decide(card("The clockmaker", seen_at="https://youtu.be/abcDEF12345"), wanted, video), video
    )


def test_a_link_that_several_episodes_have_leaves_the_choice_to_the_title() -> None:
    home = ("https://lantern.example/",)
    one, two = (
        episode("The clockmaker's daughter", addresses=home),
        episode("Salt of the earth", addresses=home),
    )
    assert_paired(decide(card("Salt of the Earth", link="https://lantern.example"), one, two), two)


def test_two_cards_with_the_same_link_are_for_a_person_to_decide() -> None:
    wanted = episode("Bonus", addresses=("https://lantern.example/57",))
    cards = [card(title, link="https://lantern.example/57") for title in ("One", "Two")]
    found = match([*others(), wanted], cards)
    assert [pairing.decision for pairing in found] == [Decision.REVIEW, Decision.NONE]
    assert found[0].episode_id == wanted.id


def test_a_publisher_without_a_show_is_learned_from_its_cards() -> None:
    """A network or a host stands where the show's name is wanted; two telling titles show which show it means."""
    wanted = [
        episode("The clockmaker's daughter"),
        episode("Seven ways to lose an anchor"),
        episode("Salt of the earth"),
    ]
    cards = [card(one.title, publisher="Saltwater Media") for one in wanted[:2]]
    cards.append(card("Lantern Hour: Salt of the Earth", publisher="Saltwater Media"))
    found = match([*others(), *others("Tidewater"), *wanted], cards)
    for pairing, one in zip(found, wanted, strict=True):
        assert_paired(pairing, one)
    assert 'other cards of "Saltwater Media" are of the show "The Lantern Hour"' in words_of(found[0])


def test_the_weights_of_the_evidence_add_up_to_the_probability() -> None:
    import math

    found = decide(
        card("The drowned village"), episode("The drowned village (Part 1)"), episode("The drowned valley")
    )
    logit = math.fsum(evidence.weight for evidence in found.evidence)
    assert abs(1 / (1 + math.exp(-logit)) - found.probability) < 0.01


def test_a_guest_with_the_topic_of_another_episode_is_not_paired() -> None:
    guest = episode("Mara Voss: On lighthouses and the long night")
    topic = episode("Ilse Brandt: Bread, salt and the art of waiting")
    found = decide(card("Mara Voss: Bread, salt and the art of waiting"), guest, topic)
    assert found.decision is not Decision.PAIRED
    assert "piece of another title" in words_of(found) or found.episode_id is None


def test_a_part_on_one_side_only_is_for_a_person_to_decide() -> None:
    found = decide(card("The drowned village"), episode("The drowned village (Part 2)"))
    assert found.decision is not Decision.PAIRED


def test_a_trailer_is_not_taken_for_its_episode() -> None:
    teaser = episode("Teaser: The clockmaker's daughter", published=date(2026, 2, 1))
    wanted = episode("The clockmaker's daughter", published=date(2026, 2, 5))
    assert_paired(decide(card("The Clockmaker's Daughter"), teaser, wanted), wanted)


def test_a_mark_tells_episodes_of_one_title_apart_whichever_text_is_more_like_the_card() -> None:
    words = "In the workshop of Ilse Brandt, the clockmaker's daughter winds what her father left"
    teaser = episode("Teaser: The clockmaker's daughter", description=words)
    wanted = episode(
        "The clockmaker's daughter", description=f"{words}. {' '.join(OTHERS)}, and our sponsors."
    )
    # A show that has several: then "Teaser" is decoration, and the titles are the same.
    more = [episode(f"Teaser: {title}") for title in OTHERS]
    found = decide(card("The Clockmaker's Daughter", summary=words), teaser, wanted, *more)
    assert_paired(found, wanted)
    assert "the other episodes of this title differ in number, part or kind" in words_of(found)


def test_a_number_tells_episodes_of_one_title_apart() -> None:
    wanted = episode("#412 Questions from listeners")
    found = decide(card("#412 Questions from listeners"), wanted, episode("#398 Questions from listeners"))
    assert_paired(found, wanted)
    neither = decide(card("Questions from listeners"), wanted, episode("#398 Questions from listeners"))
    assert neither.decision is not Decision.PAIRED
    assert "as are those of other episodes" in words_of(neither)


def test_a_third_partys_title_is_found_by_what_the_summary_tells() -> None:
    wanted = episode(
        "Thirty kilos of rust",
        description="Mara Voss restores the foghorn of Kettle Point, thirty kilos of rust at a time, and explains how a "
        "compressed-air siren was tuned in 1911.",
    )
    told = card(
        "Tuning a siren, and what it takes to bring one back",
        summary="Restorer Mara Voss talks about the foghorn at Kettle Point. She found thirty kilos of rust inside its "
        "compressed-air siren, and the tuning marks of 1911 below it.",
    )
    assert_paired(decide(told, wanted), wanted)


def test_a_translated_title_is_found_by_its_day() -> None:
    days = {episode(f"How harbours sleep, night {number}"): number for number in range(2, 7)}
    episodes = [
        EpisodeToPair(id=one.id, show=SHOW, names=(SHOW,), title=one.title, published=date(2026, 2, day * 4))
        for one, day in days.items()
    ]
    found = match(episodes, [card("De slaap van een haven", date=date(2026, 2, 16))])[0]
    assert found.episode_id == episodes[2].id
    assert "in another language than the show's" in words_of(found)


def test_two_hands_may_write_about_one_episode_when_many_are_allowed() -> None:
    wanted = episode("Seven ways to lose an anchor")
    cards = [card("Seven ways to lose an anchor"), card("Seven Ways to Lose an Anchor | The Lantern Hour")]
    for pairing in match([*others(), wanted], cards, many=True):
        assert_paired(pairing, wanted)
    assert {one.decision for one in match([*others(), wanted], cards)} != {Decision.PAIRED}


TOLD = {
    "description": "Mara Voss restores the foghorn of Kettle Point and explains how its siren was tuned in 1911.",
}
FOGHORN = "Restorer Mara Voss on the foghorn at Kettle Point, and how its siren was tuned."


def test_another_hands_card_does_not_hold_back_a_third_partys_title() -> None:
    wanted = episode("Thirty kilos of rust", **TOLD)
    copied = card("Thirty kilos of rust")
    told = card("Thirty kilos of rust, and a siren tuned again", summary=FOGHORN)
    alone = match([*others(), wanted], [told], many=True)[0]
    beside = match([*others(), wanted], [copied, told], many=True)
    assert_paired(beside[0], wanted)
    assert (beside[1].episode_id, beside[1].probability) == (wanted.id, alone.probability)


def test_a_second_card_by_the_same_hand_is_less_likely_and_is_told_why() -> None:
    """One hand hardly writes twice about one episode: its other card was likely written about another one."""
    wanted = episode("Thirty kilos of rust", **TOLD)
    copied = card("Thirty kilos of rust", summary=FOGHORN)
    told = card("Thirty kilos of rust, and a siren tuned again", summary=FOGHORN)
    alone = match([*others(), wanted], [told], many=True)[0]
    beside = match([*others(), wanted], [copied, told], many=True)
    assert_paired(beside[0], wanted)
    assert beside[1].probability < alone.probability
    assert "another card with a summary fits the episode too" in words_of(beside[1])


def test_a_card_in_another_language_is_by_another_hand() -> None:
    wanted = episode("Thirty kilos of rust", published=date(2026, 2, 16))
    copied = card("Thirty kilos of rust")
    translated = card("Dertig kilo roest, en hoe de hoorn van de kaap weer klinkt", date=date(2026, 2, 16))
    shelf = [*others(), wanted]
    alone = match(shelf, [translated], many=True)[0]
    beside = match(shelf, [copied, translated], many=True)[1]
    assert "in another language than the show's" in words_of(beside)
    assert (beside.episode_id, beside.probability) == (wanted.id, alone.probability)


def test_a_publisher_is_learned_from_titles_with_slips_of_the_pen_too() -> None:
    wanted = [
        episode("The clockmaker's daughter and her 12 apprentices"),
        episode("Seven ways to lose an anchor"),
        episode("Salt of the earth"),
    ]
    cards = [
        card("The clockmaker's daughter and her apprentices", publisher="Saltwater Media"),
        card("Seven ways to loose an anchor", publisher="Saltwater Media"),
        card("Salt of the Earth", publisher="Saltwater Media"),
    ]
    found = match([*others(), *others("Tidewater"), *wanted], cards)
    assert_paired(found[2], wanted[2])
    assert 'other cards of "Saltwater Media" are of the show "The Lantern Hour"' in words_of(found[2])


def test_words_are_told_as_they_are_written() -> None:
    """They are compared without their endings: "gardening" and "gardens" are one word then."""
    wanted = episode("Gardening at night", description="Moths visit the gardens of the harbours.")
    (pairing,) = match([wanted], [card("Gardens by moonlight", summary="What moths find in harbours.")])
    told = " ".join(item.words for item in pairing.evidence)
    assert '"harbours"' in told
    assert '"moths"' in told
    assert '"garden' in told


def test_a_contradiction_says_why_a_person_is_asked() -> None:
    text = "How a keeper kept the lamp of the skerries alight through the winter of the great ice."
    wanted = episode("70: Ghost light", description=text)
    (pairing,) = match([wanted], [card("80: Ghost light", summary=text)])
    assert pairing.decision is Decision.REVIEW
    assert "what contradicts is never paired unasked" in [item.words for item in pairing.evidence]
