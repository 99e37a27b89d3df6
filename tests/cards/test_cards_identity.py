"""Which card a file is: one test for each thing that happens to files."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.cards.identity import Decisions, Found, How, Identity, Known, identify, mint_address, mint_id
from letters.model import Card, Credit

ONE, TWO = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


def file(path: str, title: str = "Title", *, digest: str = "", card_id: str = "") -> Found:
    card = Card(title=title, id=card_id, credit=Credit(publisher="Show"))
    return Found(path=path, digest=digest or f"digest of {path} {title}", card=card)


def broken(path: str) -> Found:
    return Found(path=path, digest="broken")


def known(card_id: str, *paths: str, title: str = "Title", digest: str = "old") -> Known:
    return Known(
        id=card_id,
        address=f"address-{card_id[-1]}",
        digest=digest,
        paths=paths,
        title=title,
        publisher="Show",
    )


def is_known(card_id: str, how: How) -> Identity:
    return Identity(id=card_id, address=f"address-{card_id[-1]}", how=how)


def test_a_new_file_gets_an_id_from_its_title_and_publisher_and_an_address_from_both() -> None:
    decisions = identify([file("a.txt", "Why Batteries Age")], [])
    (identity,) = decisions.by_path.values()
    assert uuid.UUID(identity.id).version == 5
    assert identity.address == f"why-batteries-age-{identity.id[:6]}"
    assert identity.how is How.NEW
    assert identity.id == mint_id(file("b.txt", "Why Batteries Age").card or Card(title=""), ())


def test_a_front_matter_id_is_the_cards_id() -> None:
    decisions = identify([file("a.txt", card_id=ONE)], [])
    assert decisions.by_path["a.txt"].id == ONE


def test_two_new_cards_of_one_title_take_a_counter_in_the_order_of_their_paths() -> None:
    decisions = identify([file("b.txt", digest="b"), file("a.txt", digest="a")], [])
    first, second = decisions.by_path["a.txt"], decisions.by_path["b.txt"]
    assert first.id == mint_id(Card(title="Title", credit=Credit(publisher="Show")), ())
    assert second.id == mint_id(Card(title="Title", credit=Credit(publisher="Show")), {first.id})
    assert len({first.address, second.address}) == 2


def test_the_same_path_is_the_same_card_whatever_it_says_now() -> None:
    decisions = identify([file("a.txt", "Another title")], [known(ONE, "a.txt")])
    assert decisions.by_path == {"a.txt": is_known(ONE, How.SAME)}


@pytest.mark.parametrize(
    "moved",
    [
        file("b.txt", "Another title", digest="old"),
        file("b.txt", "Title"),
        file("b.txt", "TITLE"),
        file("b.txt", "Another title", card_id=ONE),
    ],
    ids=["same content", "same title and publisher", "the title's case", "its front matter says so"],
)
def test_a_vanished_path_and_a_new_one_alike_are_a_rename(moved: Found) -> None:
    decisions = identify([moved], [known(ONE, "a.txt")])
    assert decisions.by_path == {"b.txt": is_known(ONE, How.RENAMED)}
    assert decisions.retired == ()


def test_a_copy_is_a_card_of_its_own_while_the_first_file_stays() -> None:
    decisions = identify([file("a.txt", digest="old"), file("b.txt", digest="old")], [known(ONE, "a.txt")])
    assert decisions.by_path["a.txt"] == is_known(ONE, How.SAME)
    assert decisions.by_path["b.txt"].how is How.NEW


def test_content_tells_more_than_title_where_both_fit() -> None:
    vanished = [known(ONE, "a.txt", digest="1"), known(TWO, "b.txt", digest="2")]
    decisions = identify([file("c.txt", digest="2"), file("d.txt", digest="1")], vanished)
    assert {path: one.id for path, one in decisions.by_path.items()} == {"c.txt": TWO, "d.txt": ONE}


def test_a_deleted_file_retires_its_card() -> None:
    decisions = identify([], [known(ONE, "a.txt")])
    assert decisions.retired == (ONE,)


def test_a_retired_card_is_not_retired_again() -> None:
    assert identify([], [known(ONE)]).retired == ()


@pytest.mark.parametrize(
    "back", [file("c.txt", "Other", digest="old"), file("a.txt"), file("c.txt", card_id=ONE)]
)
def test_the_same_file_coming_back_revives_its_card(back: Found) -> None:
    decisions = identify([back], [known(ONE)])
    assert decisions.by_path == {back.path: is_known(ONE, How.REVIVED)}


def test_what_vanished_just_now_comes_before_what_was_retired_long_ago() -> None:
    decisions = identify([file("c.txt")], [known(ONE), known(TWO, "b.txt")])
    assert decisions.by_path["c.txt"].id == TWO


def test_a_file_that_cannot_be_read_keeps_its_card() -> None:
    decisions = identify([broken("a.txt")], [known(ONE, "a.txt")])
    assert (decisions.by_path, decisions.kept, decisions.retired) == ({}, {ONE}, ())


def test_a_folder_out_of_reach_retires_nothing() -> None:
    decisions = identify([], [known(ONE, "deep/a.txt")], out_of_sight=lambda path: path.startswith("deep/"))
    assert (decisions.kept, decisions.retired) == ({ONE}, ())


def test_of_two_files_with_one_id_the_first_path_keeps_it_and_both_are_named() -> None:
    decisions = identify(
        [file("b.txt", card_id=ONE), file("a.txt", card_id=ONE)], [], shown="cards/{}".format
    )
    assert list(decisions.by_path) == ["a.txt"]
    (problem,) = decisions.problems
    assert str(problem).startswith(
        f'cards/b.txt: id "{ONE}" is that of "cards/a.txt" already; this file is not read'
    )


def test_the_path_that_has_the_card_keeps_it_even_if_it_comes_later() -> None:
    decisions = identify([file("a.txt", card_id=ONE), file("b.txt", card_id=ONE)], [known(ONE, "b.txt")])
    assert decisions.by_path == {"b.txt": is_known(ONE, How.SAME)}


def test_a_copied_id_does_not_take_the_card_from_a_file_without_one() -> None:
    decisions = identify([file("a.txt", card_id=ONE), file("b.txt")], [known(ONE, "b.txt")])
    assert decisions.by_path == {"b.txt": is_known(ONE, How.SAME)}
    assert len(decisions.problems) == 1


def test_a_refused_file_keeps_the_card_it_was() -> None:
    decisions = identify(
        [file("a.txt", card_id=ONE), file("b.txt", card_id=ONE)], [known(ONE, "a.txt"), known(TWO, "b.txt")]
    )
    assert decisions.by_path == {"a.txt": is_known(ONE, How.SAME)}
    assert (decisions.kept, decisions.retired) == ({TWO}, ())


def test_an_id_written_into_a_file_makes_it_that_card_and_retires_the_one_it_was() -> None:
    decisions = identify([file("a.txt", card_id=TWO)], [known(ONE, "a.txt")])
    assert decisions.by_path["a.txt"].id == TWO
    assert decisions.retired == (ONE,)


def test_a_path_from_the_identities_file_counts_after_the_databases() -> None:
    moved_elsewhere = identify([file("b.txt", "New")], [known(ONE, "a.txt", "b.txt")])
    assert moved_elsewhere.by_path == {"b.txt": is_known(ONE, How.RENAMED)}
    both = identify([file("a.txt"), file("b.txt", "New")], [known(ONE, "a.txt", "b.txt")])
    assert both.by_path["a.txt"] == is_known(ONE, How.SAME)
    assert both.by_path["b.txt"].how is How.NEW


def test_without_a_title_to_compare_the_minted_id_tells_a_renamed_file() -> None:
    """As after a lost database, when only the identities file remembers."""
    was = mint_id(Card(title="Title", credit=Credit(publisher="Show")), ())
    lost = Known(id=was, address="title-1", digest="old", paths=("a.txt",))
    decisions = identify([file("b.txt")], [lost])
    assert decisions.by_path == {"b.txt": Identity(id=was, address="title-1", how=How.RENAMED)}


def test_an_address_that_is_taken_takes_more_digits() -> None:
    taken = {f"a-title-{ONE[:6]}"}
    assert mint_address("A title", ONE, taken) == f"a-title-{ONE.replace('-', '')[:7]}"


# --- properties ------------------------------------------------------------------------------------------

_paths = st.sampled_from(["a.txt", "b.txt", "c.md", "d/e.txt"])
_titles = st.sampled_from(["Title", "Other", "Third"])
_digests = st.sampled_from(["1", "2", "3"])
_ids = st.sampled_from(["", "", "", ONE, TWO])
_files = st.lists(
    st.builds(lambda p, t, d, i: file(p, t, digest=d, card_id=i), _paths, _titles, _digests, _ids)
    | _paths.map(broken),
    max_size=4,
    unique_by=lambda one: one.path,
)


def _remember(files: list[Found], decisions: Decisions, before: list[Known]) -> list[Known]:
    """What the store and the identities file would know after this pass."""
    cards = {one.path: one for one in files}
    now = {
        identity.id: Known(
            id=identity.id,
            address=identity.address,
            digest=cards[path].digest,
            paths=(path,),
            title=cards[path].card.title if cards[path].card else "",  # type: ignore[union-attr]
            publisher="Show",
        )
        for path, identity in decisions.by_path.items()
    }
    gone = {one.id: replace(one, paths=()) for one in before if one.id in decisions.retired}
    return list(({one.id: one for one in before} | gone | now).values())


@given(passes=st.lists(_files, min_size=1, max_size=4))
def test_whatever_happens_to_files_ids_and_addresses_are_unique_and_a_second_pass_changes_nothing(
    passes: list[list[Found]],
) -> None:
    before: list[Known] = []
    addresses: dict[str, str] = {}
    for files in passes:
        decisions = identify(files, before)
        after = _remember(files, decisions, before)
        assert len({one.address for one in after}) == len(after)
        current = [path for one in after for path in one.paths]
        assert len(set(current)) == len(current)
        for one in after:
            assert addresses.setdefault(one.id, one.address) == one.address
        again = identify(files, after)
        assert {path: one.id for path, one in again.by_path.items()} == {
            path: one.id for path, one in decisions.by_path.items()
        }
        assert again.retired == ()
        assert all(one.how is How.SAME for one in again.by_path.values())
        before = after


@given(files=_files, before=_files)
def test_the_order_of_files_and_cards_does_not_matter(files: list[Found], before: list[Found]) -> None:
    cards = _remember(before, identify(before, []), [])
    assert identify(files, cards) == identify(files[::-1], cards[::-1])
