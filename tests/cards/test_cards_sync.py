"""The folder into the store, on both databases: edits, renames, losses and kills."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from letters.cards import CardsReport, ReadCard, check_cards, sync_cards
from letters.cards import folder as folder_module
from letters.cards import sync as sync_module
from letters.cards.folder import SIZE_LIMIT_BYTES
from letters.cards.reading import Form
from letters.model import Audience, Topic
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.cards import StoredCard, find_card, load_card_audiences, load_card_topics, load_cards
from letters.store.vocabulary import load_audiences, load_topics

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
DECLARED = (Topic(key="batteries", name="Batteries", aliases=("cells",)),)


def settings_with(*topics: Topic) -> Settings:
    data: dict[str, Any] = {
        "site": {"title": "Signal", "base_url": "https://signal.example"},
        "store": {},
        "watch": {},
        "pair": {},
        "publish": {},
        "delivery": {"from": "news@signal.example"},
        "topics": topics,
        "audiences": (Audience(key="driver", name="Driver"),),
        "secrets": {"link_keys": (SecretStr("x" * 32),)},
    }
    return Settings.model_validate(data)


class Desk:
    """An editor's desk: a workspace with a folder of cards, and a store beside it."""

    def __init__(self, root: Path, store: Store) -> None:
        self.workspace, self.store = Workspace(root / "workspace"), store
        self.folder = self.workspace.cards
        self.folder.mkdir(parents=True)
        self.settings = settings_with(*DECLARED)

    def write(self, name: str, title: str = "Why cells age", text: str = "Heat.", more: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        body = f"{title}\nSummary\n{text}\nTopics\n- Batteries\nBest for: Driver\n{more}"
        path.write_text(body, encoding="utf-8")
        return path

    def sync(self, now: datetime = NOON) -> CardsReport:
        return sync_cards(self.store, self.workspace, self.settings, now=now)

    def cards(self, *, retired: bool = False) -> list[StoredCard]:
        with self.store.read() as c:
            return load_cards(c, retired=retired)

    def card(self) -> StoredCard:
        (one,) = self.cards()
        return one

    @property
    def identities(self) -> Path:
        return self.folder / ".identities.toml"

    def lose_database(self, empty: Store) -> None:
        self.store = empty


@pytest.fixture
def desk(tmp_path: Path, store: Store) -> Desk:
    return Desk(tmp_path, store)


@pytest.fixture
def empty_store(tmp_path: Path) -> Store:
    store = Store(f"sqlite:///{tmp_path}/second.db")
    store.upgrade()
    return store


def counts(report: CardsReport) -> tuple[int, int, int]:
    return report.read, report.changed, report.retired


def test_cards_of_all_forms_and_folders_are_read(desk: Desk) -> None:
    desk.write("a.txt")
    desk.write("deep/er/b.TXT", "Second")
    (desk.folder / "c.md").write_text("# Third\n\n## Summary\nText.\n")
    (desk.folder / "d.json").write_text('{"title": "Fourth"}')
    for ignored in (".draft.txt", "notes.doc", ".git/e.txt"):
        (desk.folder / ignored).parent.mkdir(exist_ok=True)
        (desk.folder / ignored).write_text("Not a card")
    report = desk.sync()
    assert (counts(report), report.problems) == ((4, 4, 0), ())
    assert {one.path for one in desk.cards()} == {"a.txt", "deep/er/b.TXT", "c.md", "d.json"}


def test_a_second_pass_changes_nothing(desk: Desk) -> None:
    desk.write("a.txt", more="\n## Odd\nwords\n")
    first = desk.sync()
    before, identities = desk.cards(), desk.identities.stat()
    again = desk.sync(LATER)
    assert counts(again) == (1, 0, 0)
    assert again.problems == first.problems != ()
    assert desk.cards() == before
    assert desk.identities.stat() == identities


def test_an_edit_changes_what_the_card_says_and_when_not_who_it_is(desk: Desk) -> None:
    desk.write("a.txt")
    desk.sync()
    before = desk.card()
    desk.write("a.txt", "Another title", "Cold.")
    assert counts(desk.sync(LATER)) == (1, 1, 0)
    after = desk.card()
    assert (after.card.id, after.card.address) == (before.card.id, before.card.address)
    assert (after.card.title, after.card.summary) == ("Another title", "Cold.")
    assert (before.changed_at, after.changed_at, after.first_read_at) == (NOON, LATER, NOON)


def test_saving_a_file_with_other_line_ends_is_no_change(desk: Desk) -> None:
    path = desk.write("a.txt")
    desk.sync()
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert counts(desk.sync(LATER)) == (1, 0, 0)
    assert desk.card().changed_at == NOON


def test_a_renamed_file_is_the_same_card(desk: Desk) -> None:
    path = desk.write("a.txt")
    desk.sync()
    before = desk.card()
    path.rename(desk.folder / "b.txt")
    assert counts(desk.sync(LATER)) == (1, 1, 0)
    after = desk.card()
    assert (after.card, after.path, after.changed_at) == (before.card, "b.txt", NOON)


def test_two_files_that_swap_names_swap_their_text(desk: Desk) -> None:
    """The same path is the same card, so this is two edits."""
    desk.write("a.txt", "One")
    desk.write("b.txt", "Two")
    desk.sync()
    ids = {one.path: one.card.id for one in desk.cards()}
    desk.write("a.txt", "Two")
    desk.write("b.txt", "One")
    desk.sync(LATER)
    assert {one.path: one.card.id for one in desk.cards()} == ids


def test_a_path_may_pass_from_one_card_to_another(desk: Desk) -> None:
    one, two = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
    (desk.folder / "a.md").write_text(f"---\nid: {one}\n---\n# One")
    (desk.folder / "b.md").write_text(f"---\nid: {two}\n---\n# Two")
    desk.sync()
    (desk.folder / "a.md").write_text(f"---\nid: {two}\n---\n# Two")
    (desk.folder / "b.md").write_text(f"---\nid: {one}\n---\n# One")
    report = desk.sync(LATER)
    # Each file claims the card of the other; those two cards have no path that contradicts them.
    assert report.problems == ()
    assert {row.card.id: row.path for row in desk.cards()} == {one: "b.md", two: "a.md"}


def test_a_deleted_file_retires_its_card_and_the_same_file_coming_back_revives_it(desk: Desk) -> None:
    path = desk.write("a.txt")
    desk.write("b.txt", "Second")
    desk.sync()
    text = path.read_text()
    first = next(one for one in desk.cards() if one.path == "a.txt")
    path.unlink()
    assert counts(desk.sync(LATER)) == (1, 0, 1)
    (gone,) = [one for one in desk.cards(retired=True) if one.retired_at]
    assert (gone.card, gone.path, gone.retired_at) == (first.card, None, LATER)
    assert len(desk.cards()) == 1
    assert counts(desk.sync(LATER)) == (1, 0, 0)
    (desk.folder / "elsewhere.txt").write_text(text)
    assert counts(desk.sync(LATER)) == (2, 1, 0)
    back = next(one for one in desk.cards() if one.card.id == first.card.id)
    assert (back.card, back.path, back.retired_at) == (first.card, "elsewhere.txt", None)


def test_another_file_may_take_the_path_of_a_retired_card(desk: Desk) -> None:
    path = desk.write("a.txt")
    desk.sync()
    path.unlink()
    desk.sync()
    desk.write("a.txt", "Something else")
    desk.sync(LATER)
    assert len(desk.cards(retired=True)) == 2


def test_a_broken_edit_keeps_the_card_as_it_was_and_is_told_on_every_pass(desk: Desk) -> None:
    path = desk.write("a.txt")
    desk.sync()
    before = desk.card()
    path.write_bytes(b"\x00\x01")
    for _ in range(2):
        report = desk.sync(LATER)
        assert counts(report) == (0, 0, 0)
        assert [str(problem) for problem in report.problems] == [
            "cards/a.txt: the file is not text; save it as UTF-8"
        ]
    assert desk.card() == before


def make_large(path: Path) -> None:
    path.write_text("Title\n" + "x" * SIZE_LIMIT_BYTES)


def link_outside(path: Path) -> None:
    outside = path.parents[2] / "secret.txt"
    outside.write_text("Secret")
    path.unlink()
    path.symlink_to(outside)


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def break_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.txt")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (make_large, "larger than a card may be"),
        (link_outside, "a link that leads out of the folder"),
        (make_pipe, "no regular file"),
        (break_link, "No such file"),
    ],
)
def test_what_is_no_card_file_is_refused(desk: Desk, spoil: Callable[[Path], None], words: str) -> None:
    path = desk.write("a.txt")
    desk.sync()
    spoil(path)
    report = desk.sync(LATER)
    assert words in str(report.problems)
    assert desk.card().card.title == "Why cells age"


def test_a_link_within_the_folder_is_read_and_one_to_a_folder_reported(desk: Desk) -> None:
    desk.write("real/a.txt")
    (desk.folder / "b.txt").symlink_to("real/a.txt")
    (desk.folder / "loop").symlink_to(".")
    report = desk.sync()
    assert report.read == 2
    assert [str(problem) for problem in report.problems] == [
        "cards/loop: a link to a folder is not followed; put the folder itself here"
    ]


def test_two_files_with_one_id_are_told_and_the_first_keeps_it(desk: Desk) -> None:
    card_id = "00000000-0000-0000-0000-000000000001"
    for name in ("a.md", "b.md"):
        (desk.folder / name).write_text(f"---\nid: {card_id}\n---\n# Title {name}")
    report = desk.sync()
    assert counts(report) == (1, 1, 0)
    assert "cards/b.md" in str(report.problems[0])
    assert "cards/a.md" in str(report.problems[0])
    assert desk.card().path == "a.md"


# --- losses and kills ------------------------------------------------------------------------------------


def test_a_lost_database_comes_back_with_the_same_ids_and_addresses(desk: Desk, empty_store: Store) -> None:
    desk.write("a.txt", "Same title", "One.")
    desk.write("b.txt", "Same title", "Two.")
    desk.write("c.txt", "Third")
    desk.sync()
    desk.write("b.txt", "Edited title")
    desk.sync(LATER)
    before = {one.path: (one.card.id, one.card.address) for one in desk.cards()}
    desk.lose_database(empty_store)
    (desk.folder / "c.txt").rename(desk.folder / "moved.txt")
    before["moved.txt"] = before.pop("c.txt")
    assert counts(desk.sync(LATER)) == (3, 3, 0)
    assert {one.path: (one.card.id, one.card.address) for one in desk.cards()} == before


def test_a_lost_database_still_knows_what_was_retired(desk: Desk, empty_store: Store) -> None:
    path = desk.write("a.txt")
    desk.write("b.txt", "Second")
    desk.sync()
    first = next(one for one in desk.cards() if one.path == "a.txt")
    text = path.read_text()
    path.unlink()
    desk.sync()
    desk.lose_database(empty_store)
    desk.sync()
    desk.sync()
    path.write_text(text)
    desk.sync()
    assert next(one for one in desk.cards() if one.path == "a.txt").card == first.card


class Killed(BaseException):
    """The process ends here."""


def add(desk: Desk) -> None:
    desk.write("new.txt", "New")


def edit(desk: Desk) -> None:
    desk.write("a.txt", "Edited", "Cold.")


def rename(desk: Desk) -> None:
    (desk.folder / "a.txt").rename(desk.folder / "z.txt")


def delete(desk: Desk) -> None:
    (desk.folder / "a.txt").unlink()


def revive(desk: Desk) -> None:
    (desk.folder / "revived.txt").write_text((desk.folder.parent / "gone.txt").read_text())


def state(desk: Desk) -> tuple[object, str]:
    rows = [(one.card, one.path, one.digest, one.retired_at is None) for one in desk.cards(retired=True)]
    return sorted(rows, key=str), desk.identities.read_text()


@pytest.mark.parametrize("happens", [add, edit, rename, delete, revive])
@pytest.mark.parametrize(
    "killed", ["before the commit", "between commit and identities file", "database restored"]
)
def test_a_kill_at_any_moment_ends_in_the_same_state_at_the_next_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Desk], None], killed: str
) -> None:
    desks = []
    for name in ("calm", "killed"):
        store = Store(f"sqlite:///{tmp_path}/{name}/letters.db")
        store.upgrade()
        desk = Desk(tmp_path / name, store)
        desk.write("a.txt")
        gone = desk.write("gone.txt", "Gone")
        desk.sync()
        gone.rename(desk.folder.parent / "gone.txt")
        desk.sync()
        happens(desk)
        desks.append(desk)
    calm, victim = desks
    calm.sync(LATER)

    def kill(*_: object, **__: object) -> None:
        raise Killed

    if killed == "database restored":
        # The identities file is ahead of the database, as after a restored backup.
        backup = tmp_path / "killed" / "backup.db"
        # Closing the last connection folds the write-ahead log into the file.
        victim.store.close()
        shutil.copy(tmp_path / "killed" / "letters.db", backup)
        victim.sync(LATER)
        victim.store.close()
        victim.store = Store(f"sqlite:///{backup}")
    else:
        place = "_write_names" if killed == "before the commit" else "write_identities"
        with monkeypatch.context() as patch:
            patch.setattr(sync_module, place, kill)
            with pytest.raises(Killed):
                victim.sync(LATER)
    victim.sync(LATER)
    assert state(victim) == state(calm)
    victim.sync(LATER)
    assert state(victim) == state(calm)
    for desk in desks:
        desk.store.close()


def test_identities_that_came_with_the_cards_from_another_machine_count(
    desk: Desk, empty_store: Store
) -> None:
    """A renamed, retitled and edited file stays the same card, for its new path came along."""
    desk.write("a.txt")
    desk.sync()
    before = desk.card()
    (desk.folder / "a.txt").unlink()
    desk.write("z.txt", "All new", "Other.")
    desk.identities.write_text(desk.identities.read_text().replace('"a.txt"', '"z.txt"'))
    desk.sync(LATER)
    assert (desk.card().card.id, desk.card().path) == (before.card.id, "z.txt")


def test_a_broken_identities_file_is_told_and_left_alone(desk: Desk) -> None:
    desk.write("a.txt")
    desk.sync()
    broken = "<<<<<<< ours\n" + desk.identities.read_text()
    desk.identities.write_text(broken)
    desk.write("b.txt", "Second")
    report = desk.sync(LATER)
    assert counts(report) == (2, 1, 0)
    assert str(report.problems[0]).startswith("cards/.identities.toml: not readable")
    assert desk.identities.read_text() == broken
    desk.identities.unlink()
    assert desk.sync(LATER).problems == ()
    assert desk.identities.read_text().count("[[card]]") == 2


@pytest.mark.parametrize("leave_folder", [True, False])
def test_an_unmounted_folder_retires_nothing(desk: Desk, leave_folder: bool) -> None:
    desk.write("a.txt")
    desk.sync()
    shutil.rmtree(desk.folder)
    if leave_folder:
        desk.folder.mkdir()
    for _ in range(2):
        report = desk.sync(LATER)
        assert counts(report) == (0, 0, 0)
        assert "stay as they were" in str(report.problems[0])
    assert not desk.identities.exists()
    assert len(desk.cards()) == 1


def test_deleting_all_cards_by_hand_retires_them(desk: Desk) -> None:
    path = desk.write("a.txt")
    desk.sync()
    path.unlink()
    assert counts(desk.sync(LATER)) == (0, 0, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list any folder")
def test_a_folder_that_cannot_be_listed_retires_nothing(desk: Desk) -> None:
    path = desk.write("deep/a.txt")
    desk.sync()
    path.parent.chmod(0)
    try:
        report = desk.sync(LATER)
    finally:
        path.parent.chmod(0o755)
    assert counts(report) == (0, 0, 0)
    assert "cards/deep: not readable" in str(report.problems[0])


def test_a_file_name_that_is_no_text_is_told(desk: Desk) -> None:
    Path(os.fsdecode(os.fsencode(desk.folder) + b"/caf\xe9.txt")).write_text("Title")
    assert str(desk.sync().problems[0]) == "cards/caf\ufffd.txt: the file's name is not UTF-8; rename it"


def test_a_path_with_any_characters_survives_the_identities_file(desk: Desk, empty_store: Store) -> None:
    names = ['quo"te.txt', "back\\slash.txt", "tab\tbed.txt", "new\nline.txt", "délï 🦊.txt", "del\x7f.txt"]
    for name in names:
        desk.write(name, f"Card {names.index(name)}")
    desk.sync()
    before = {one.path: one.card.id for one in desk.cards()}
    desk.lose_database(empty_store)
    for name in names:
        desk.write(name, "All the same title")
    desk.sync()
    assert {one.path: one.card.id for one in desk.cards()} == before


# --- topics and audiences --------------------------------------------------------------------------------


def test_topics_and_audiences_are_stored_in_the_cards_order(desk: Desk) -> None:
    (desk.folder / "a.txt").write_text("T\nTopics\n- Zinc\n- cells\n- BATTERIES\nBest for: Nurse, drivers")
    report = desk.sync()
    with desk.store.read() as c:
        (topics,) = load_card_topics(c).values()
        (audiences,) = load_card_audiences(c).values()
        assert (topics, audiences) == (("zinc", "batteries"), ("nurse", "driver"))
        assert load_topics(c) == {
            "batteries": Topic(key="batteries", name="Batteries"),
            "zinc": Topic(key="zinc", name="Zinc", declared=False),
        }
        assert load_audiences(c)["nurse"].declared is False
    assert [str(problem) for problem in report.problems] == [
        'cards/a.txt: topic "Zinc" is not declared; it has the key "zinc"; the nearest declared one is "Batteries"; declare it in config/topics.toml, or make it an alias',
        'cards/a.txt: audience "Nurse" is not declared; it has the key "nurse"; the nearest declared one is "Driver"; declare it in config/topics.toml, or make it an alias',
    ]
    assert desk.sync(LATER).problems == ()


def test_what_looks_like_a_slip_is_told_on_every_pass(desk: Desk) -> None:
    (desk.folder / "a.txt").write_text("T\nTopics\n- Bateries")
    for _ in range(2):
        assert 'did you mean "Batteries"?' in str(desk.sync().problems[0])


def test_a_later_declaration_moves_the_cards_and_keeps_the_stored_key(desk: Desk) -> None:
    (desk.folder / "a.txt").write_text("T\nTopics\n- Zinc cells")
    desk.sync()
    desk.settings = settings_with(Topic(key="zinc", name="Zinc", aliases=("zinc cells",)))
    assert counts(desk.sync(LATER)) == (1, 0, 0)
    with desk.store.read() as c:
        assert list(load_card_topics(c).values()) == [("zinc",)]
        assert load_topics(c)["zinc-cells"] == Topic(key="zinc-cells", name="Zinc cells", declared=False)


def test_a_topic_that_is_no_longer_declared_stays_undeclared(desk: Desk) -> None:
    desk.write("a.txt")
    desk.sync()
    desk.settings = settings_with()
    desk.sync(LATER)
    with desk.store.read() as c:
        assert load_topics(c) == {"batteries": Topic(key="batteries", name="Batteries", declared=False)}
        assert list(load_card_topics(c).values()) == [("batteries",)]


def test_a_renamed_declaration_renames_its_topic(desk: Desk) -> None:
    desk.sync()
    desk.settings = settings_with(Topic(key="batteries", name="Cells and Batteries"))
    desk.sync(LATER)
    with desk.store.read() as c:
        assert load_topics(c)["batteries"].name == "Cells and Batteries"


# --- looking up and checking -----------------------------------------------------------------------------


def test_a_card_is_found_by_id_address_and_path(desk: Desk) -> None:
    desk.write("deep/a.txt")
    desk.sync()
    one = desk.card()
    with desk.store.read() as c:
        for name in (one.card.id, one.card.id.upper(), one.card.address, "deep/a.txt", "cards/deep/a.txt"):
            assert find_card(c, name) == one
        assert find_card(c, "nothing") is None


def test_checking_tells_all_problems_without_a_store(desk: Desk) -> None:
    (desk.folder / "a.txt").write_text("T\nTopics\n- Zinc\n\n## Odd\nwords")
    (desk.folder / "b.json").write_text("[]")
    told = [str(problem) for problem in check_cards(desk.workspace, desk.settings)]
    assert [line.partition(";")[0] for line in told] == [
        'cards/a.txt:5: heading "Odd" is not known',
        "cards/b.json: found JSON of type list",
        'cards/a.txt: topic "Zinc" is not declared',
    ]
    assert check_cards(desk.workspace, desk.settings) == check_cards(desk.workspace, desk.settings)


def test_progress_is_told_per_file(desk: Desk) -> None:
    desk.write("a.txt")
    desk.write("b.txt")
    told: list[tuple[int, int]] = []
    sync_cards(
        desk.store,
        desk.workspace,
        desk.settings,
        now=NOON,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 2), (2, 2)]


def test_a_file_that_was_read_well_is_not_read_again_until_the_reader_changes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("a.txt")
    desk.write("b.txt", "Second", more="\n## Odd\nwords\n")
    desk.sync()
    read: list[str] = []
    real = folder_module.read_card_bytes

    def watched(data: bytes, *, form: Form, where: str) -> ReadCard:
        read.append(where)
        return real(data, form=form, where=where)

    monkeypatch.setattr(folder_module, "read_card_bytes", watched)
    assert counts(desk.sync(LATER)) == (2, 0, 0)
    assert read == ["cards/b.txt"]
    monkeypatch.setattr(sync_module, "_READER", "next")
    assert counts(desk.sync(LATER)) == (2, 0, 0)
    assert read[1:] == ["cards/a.txt", "cards/b.txt"]
