"""What holds for any episodes and cards."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from pair_drawn import cards, episodes

from letters.model import Decision
from letters.pair import CardToPair, EpisodeToPair, match
from letters.pair.titles import read_title


@given(episodes(), cards())
def test_an_episode_has_at_most_one_card_and_a_card_one_episode(
    episodes: list[EpisodeToPair], cards: list[CardToPair]
) -> None:
    found = match(episodes, cards)
    assert [pairing.card_id for pairing in found] == [card.id for card in cards]
    held = Counter(pairing.episode_id for pairing in found if pairing.episode_id)
    assert all(count == 1 for count in held.values())
    assert held.keys() <= {episode.id for episode in episodes}
    for pairing in found:
        assert 0 <= pairing.probability <= 1
        assert pairing.evidence
        assert (pairing.episode_id is None) == (pairing.decision is Decision.NONE)


@given(episodes(), cards(), st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_input_does_not_matter(
    episodes: list[EpisodeToPair], cards: list[CardToPair], random: Random, many: bool
) -> None:
    first = {pairing.card_id: pairing for pairing in match(episodes, cards, many=many)}
    random.shuffle(episodes)
    random.shuffle(cards)
    assert {pairing.card_id: pairing for pairing in match(episodes, cards, many=many)} == first


@given(episodes(), cards())
def test_settling_what_was_paired_changes_nothing_about_the_rest(
    episodes: list[EpisodeToPair], cards: list[CardToPair]
) -> None:
    """A pass settles its pairs by publishing them; the next pass must not decide differently because of that."""
    first = match(episodes, cards)
    settled = {
        one.card_id: one.episode_id for one in first if one.decision is Decision.PAIRED and one.episode_id
    }
    rest = [pairing for pairing in first if pairing.card_id not in settled]
    assert match(episodes, cards, settled=settled) == rest


@given(episodes(), cards())
def test_what_is_settled_takes_no_part(episodes: list[EpisodeToPair], cards: list[CardToPair]) -> None:
    settled = {card.id: episode.id for card, episode in zip(cards[:3], episodes[:3], strict=False)}
    found = match(episodes, cards, settled=settled)
    assert not {pairing.card_id for pairing in found} & settled.keys()
    assert not {pairing.episode_id for pairing in found} & set(settled.values())


@given(st.text())
def test_any_title_can_be_read(title: str) -> None:
    assert read_title(title, {"storm"}, {"lamp"}).key == "".join(
        read_title(title, {"storm"}, {"lamp"}).text.split()
    )
