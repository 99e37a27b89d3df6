"""Written names become topics and audiences, and the same name always the same one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.cards import Vocabulary
from letters.cards.vocabulary import Unknown
from letters.model import Audience, Card, Topic
from letters.text import KEY

OPEN = Topic(key="open-source-ai", name="Open-Source AI", aliases=("open models",))
RND = Topic(key="research", name="Research & Development", aliases=("R&D",))
POLICY = Topic(key="policy", name="AI Policies")
NEWS = Topic(key="news", name="News")
NEW = Topic(key="new", name="New")
CPP = Topic(key="cpp", name="C++")
C = Topic(key="c", name="C")
MAKER = Audience(key="policy-maker", name="Policy Maker")
KNOWN = (OPEN, RND, POLICY, NEWS, NEW, CPP, C)


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("Open-Source AI", OPEN),
        ("open source ai", OPEN),
        ("OPEN  SOURCE\u00a0AI", OPEN),
        ("open-source-ai", OPEN),
        ("Open Models", OPEN),
        ("open model", OPEN),
        ("Research and Development", RND),
        ("research & development", RND),
        ("r&d", RND),
        ("AI Policy", POLICY),
        ("AI Policies.", POLICY),
        ("News", NEWS),
        ("new", NEW),
        ("C++", CPP),
        ("c", C),
    ],
)
def test_a_name_finds_its_topic(name: str, topic: Topic) -> None:
    assert Vocabulary(KNOWN).topics.resolve(name) == topic


def test_audiences_are_found_in_the_same_way() -> None:
    vocabulary = Vocabulary((), (MAKER,))
    card = Card(title="T", audiences=("policy makers", "Policy-Maker", "Nurse"))
    assert [one.key for one in vocabulary.resolve(card).audiences] == ["policy-maker", "nurse"]


def test_an_unknown_name_is_made_and_told_with_its_nearest_neighbour() -> None:
    vocabulary = Vocabulary(KNOWN)
    made = vocabulary.topics.resolve("Open-Sorce AI")
    assert made == Topic(key="open-sorce-ai", name="Open-Sorce AI", declared=False)
    (unknown,) = vocabulary.topics.unknown([made.key, "news"])
    assert (unknown.noun, unknown.nearest_name, unknown.created) == ("topic", "Open-Source AI", True)
    assert unknown.likeness > 90


def test_without_declared_names_there_is_no_neighbour() -> None:
    vocabulary = Vocabulary()
    vocabulary.topics.resolve("Robotics")
    assert list(vocabulary.topics.unknown(["robotics"])) == [
        Unknown(noun="topic", name="Robotics", key="robotics", created=True)
    ]


def test_an_unknown_name_in_another_case_is_the_same() -> None:
    vocabulary = Vocabulary(KNOWN)
    first, second = vocabulary.topics.resolve("Soft Robotics"), vocabulary.topics.resolve("soft robotics")
    assert first is second
    assert vocabulary.topics.created == (first,)


def test_a_stored_name_is_known_from_then_on_and_told_again_only_if_it_looks_like_a_slip() -> None:
    stored = (
        Topic(key="robotics", name="Robotics", declared=False),
        Topic(key="open-sorce-ai", name="Open-Sorce AI", declared=False),
    )
    vocabulary = Vocabulary((*stored, *KNOWN))
    keys = [vocabulary.topics.resolve(name).key for name in ("ROBOTICS", "open sorce ai")]
    assert keys == ["robotics", "open-sorce-ai"]
    assert vocabulary.topics.created == ()
    assert [one.key for one in vocabulary.topics.unknown(keys)] == ["open-sorce-ai"]


def test_a_later_declaration_wins_and_the_stored_key_means_it_too() -> None:
    stored = Topic(key="open-models", name="Open models", declared=False)
    topics = Vocabulary((stored, OPEN)).topics
    assert topics.resolve("Open Models") == OPEN
    assert topics.resolve("open-models") == OPEN
    assert topics.known["open-models"] == OPEN


def test_a_key_that_is_taken_is_never_given_twice() -> None:
    topics = Vocabulary((Topic(key="cafe", name="Coffee houses"),)).topics
    assert topics.resolve("Café").key not in {"cafe", ""}
    # The key itself is a way to write the declared one.
    assert topics.resolve("cafe").name == "Coffee houses"


@given(names=st.lists(st.text(min_size=1, max_size=12), max_size=12))
def test_any_names_get_keys_that_are_keys_and_stay(names: list[str]) -> None:
    """Stored and read again in another order, each name still has its key."""
    first = Vocabulary(KNOWN).topics
    keys = {name: first.resolve(name).key for name in names}
    assert all(KEY.fullmatch(key) for key in keys.values())
    again = Vocabulary((*reversed(first.created), *KNOWN)).topics
    assert {name: again.resolve(name).key for name in names} == keys
