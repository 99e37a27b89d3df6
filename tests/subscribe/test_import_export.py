"""Subscribers come and go as CSV, on both databases."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete
from subscribe_kit import NOON, SETTINGS, one

from letters.errors import UsageError
from letters.model import Frequency, Subscriber, SubscriberStatus, Topic
from letters.store import Store
from letters.store.subscribers import (
    end_subscriptions,
    left_editions,
    load_subscribers,
    save_subscribers,
)
from letters.store.tables import subscriber, subscription
from letters.store.vocabulary import save_topics
from letters.subscribe import ImportReport, export_csv, import_csv, unsubscribe
from letters.subscribe.rows import guard_cell, unguard_cell

CONFIRMED, PENDING, GONE = SubscriberStatus.CONFIRMED, SubscriberStatus.PENDING, SubscriberStatus.UNSUBSCRIBED


FULL = (
    "email,name,zone,language,topics,audiences,editions,status,consent_at,consent_source\n"
    "ada@reader.example,Ada,Europe/Berlin,de,open models|Policy,policy makers,weekly|daily,confirmed,2026-01-02,form\n"
    "bob@reader.example,,,,,,weekly,pending,,\n"
)


def run(store: Store, text: str, **options: object) -> ImportReport:
    return import_csv(store, SETTINGS, io.StringIO(text, newline=""), now=NOON, where="list.csv", **options)  # type: ignore[arg-type]


def everybody(store: Store) -> dict[str, Subscriber]:
    with store.read() as c:
        return {one.email: replace(one, id=0, uid="") for one in load_subscribers(c)}


def told(report: ImportReport) -> list[str]:
    return [str(problem) for problem in report.problems]


def test_a_row_becomes_a_subscriber(store: Store) -> None:
    report = run(store, FULL)
    assert (report.added, told(report)) == (2, [])
    assert everybody(store)["ada@reader.example"] == Subscriber(
        email="ada@reader.example",
        name="Ada",
        zone="Europe/Berlin",
        language="de",
        topics=("open-source-ai", "policy"),
        audiences=("policy-maker",),
        editions=("daily", "weekly"),
        status=CONFIRMED,
        consent_at=datetime(2026, 1, 2, tzinfo=UTC),
        consent_source="form",
    )
    assert everybody(store)["bob@reader.example"].status is PENDING


def test_the_same_file_twice_changes_nothing(store: Store) -> None:
    run(store, FULL)
    before = everybody(store)
    report = run(store, FULL)
    assert (report.added, report.updated, report.unchanged, report.skipped) == (0, 0, 2, 0)
    assert everybody(store) == before


def test_a_dry_run_reports_and_stores_nothing(store: Store) -> None:
    assert run(store, FULL, dry_run=True).added == 2
    assert everybody(store) == {}


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"email": "ada"}, 'list.csv:2: "ada" is no address'),
        ({"email": ""}, 'list.csv:2: "" is no address'),
        ({"email": "a b@reader.example"}, "cannot stand before"),
        ({"email": "ada@localhost"}, '"localhost" is no domain'),
        ({"email": "ada@-bad-.example"}, "is no domain"),
        ({"email": "ada@reader..example"}, "is no domain"),
        ({"status": "yes"}, 'status "yes" is not known, wanted "confirmed" or "pending"'),
        ({"topics": "polcy"}, 'topic "polcy" is not known; did you mean "policy"?'),
    ],
)
def test_a_fault_that_costs_the_line(sqlite_store: Store, cells: dict[str, str], words: str) -> None:
    report = run(sqlite_store, one(**cells))
    assert (report.added, report.skipped) == (0, 1)
    assert words in told(report)[0]
    assert "the line is left out" in told(report)[0]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"zone": "America/NewYork"}, 'did you mean "America/New_York"?; the site\'s zone is used'),
        ({"zone": "recipient"}, "is for editions"),
        ({"language": "deutsch!"}, "is no language tag"),
        ({"topics": "policy|polcy"}, 'topic "polcy" is not known'),
        ({"editions": "weekly|wekly"}, 'edition "wekly" is not known; did you mean "weekly"?'),
        ({"editions": ""}, "receives no edition, so gets nothing"),
        ({"editions": "wekly"}, "receives no edition, so gets nothing"),
        ({"consent_at": ""}, "is confirmed without consent_at"),
        ({"consent_at": "yesterday"}, 'consent_at "yesterday" is no date'),
        ({"consent_at": "2030-01-01"}, "lies in the future"),
        ({"name": "x" * 300}, "the name has 300 characters"),
    ],
)
def test_a_fault_that_costs_only_a_word(sqlite_store: Store, cells: dict[str, str], words: str) -> None:
    report = run(sqlite_store, one(**cells))
    assert (report.added, report.skipped) == (1, 0)
    assert any(words in problem and problem.startswith("list.csv:2: ") for problem in told(report))


def test_the_rest_is_imported_and_lines_are_counted_as_in_an_editor(sqlite_store: Store) -> None:
    text = 'email,name,editions,status,consent_at\n"a@r.example","two\nlines",weekly,pending,\n\nbad,,,,\nb@r.example,B,weekly,pending,\n'
    report = run(sqlite_store, text)
    assert (report.added, report.skipped) == (2, 1)
    assert [problem.line for problem in report.problems] == [5]
    assert everybody(sqlite_store)["a@r.example"].name == "two lines"


def test_an_unknown_column_is_told_with_the_nearest(sqlite_store: Store) -> None:
    report = run(sqlite_store, "email,edition,status\nada@reader.example,weekly,pending\n")
    assert 'list.csv:1: column "edition" is not known and is left out; did you mean "editions"?' in told(
        report
    )


def test_a_file_without_addresses_is_refused(sqlite_store: Store) -> None:
    with pytest.raises(UsageError, match=r'list\.csv:1: no column "email"'):
        run(sqlite_store, "mail\nada@reader.example\n")
    with pytest.raises(UsageError, match='no column "email"'):
        run(sqlite_store, "")


def test_a_file_that_is_not_utf8_is_refused_whole(sqlite_store: Store) -> None:
    data = b"email,status\nada@reader.example,pending\n" + "jürgen,\n".encode("latin-1")
    file = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    with pytest.raises(UsageError, match="not UTF-8"):
        import_csv(sqlite_store, SETTINGS, file, now=NOON)
    assert everybody(sqlite_store) == {}


def test_semicolons_and_a_byte_order_mark_are_read_too(sqlite_store: Store) -> None:
    report = run(sqlite_store, "\ufeffEmail;Editions;Status\nada@reader.example;weekly;pending\n")
    assert (report.added, told(report)) == (1, [])


def test_without_a_status_new_subscribers_are_pending_and_that_is_told(sqlite_store: Store) -> None:
    report = run(sqlite_store, "email,editions\nada@reader.example,weekly\n")
    assert everybody(sqlite_store)["ada@reader.example"].status is PENDING
    assert "pending, and get no mail until they confirm" in told(report)[0]


def test_one_address_twice_in_a_file_counts_once(sqlite_store: Store) -> None:
    report = run(sqlite_store, one() + "ADA@reader.example,daily,confirmed,2026-01-02\n")
    assert (report.added, report.skipped) == (1, 1)
    assert "stands in line 2 already" in told(report)[0]


def test_too_many_cells_cost_the_line(sqlite_store: Store) -> None:
    report = run(sqlite_store, one().rstrip("\n") + ",surplus\n")
    assert (report.added, report.skipped) == (0, 1)
    assert "5 cells, wanted 4" in told(report)[0]


def test_a_topic_that_only_cards_named_can_be_chosen(store: Store) -> None:
    with store.write() as c:
        save_topics(c, [Topic(key="chips", name="Chips", declared=False)], now=NOON)
    assert told(run(store, one(topics="chip"))) == []
    assert everybody(store)["ada@reader.example"].topics == ("chips",)


def test_an_import_adds_editions_and_confirms_but_takes_nothing_away(store: Store) -> None:
    run(store, "email,name,editions,status\nada@reader.example,Ada,weekly,pending\n")
    report = run(store, one(editions="daily"))
    assert (report.updated, told(report)) == (1, [])
    found = everybody(store)["ada@reader.example"]
    assert (found.name, found.editions, found.status) == ("Ada", ("daily", "weekly"), CONFIRMED)
    assert run(store, one(status="pending")).unchanged == 1


def test_somebody_who_unsubscribed_never_comes_back_by_import(store: Store) -> None:
    """Pain 25."""
    run(store, one())
    with store.read() as c:
        uid = next(iter(load_subscribers(c))).uid
    assert unsubscribe(store, uid, None, now=NOON)
    report = run(store, one(email="Ada@Reader.example", editions="weekly|daily"))
    assert (report.updated, report.skipped) == (0, 1)
    assert "ada@reader.example unsubscribed, and is not brought back" in told(report)[0]
    assert everybody(store)["ada@reader.example"].status is GONE
    assert everybody(store)["ada@reader.example"].editions == ()


def test_an_edition_that_was_left_never_comes_back_by_import(store: Store) -> None:
    """Pain 25."""
    run(store, one(editions="weekly|daily"))
    with store.read() as c:
        uid = next(iter(load_subscribers(c))).uid
    unsubscribe(store, uid, "daily", now=NOON)
    report = run(store, one(editions="weekly|daily"))
    assert 'edition "daily" was left by ada@reader.example, and is not brought back' in told(report)[0]
    assert report.unchanged == 1
    assert everybody(store)["ada@reader.example"].editions == ("weekly",)


def test_leaving_can_be_imported(store: Store) -> None:
    run(store, one(editions="weekly|daily"))
    run(store, one(editions="weekly|!daily"))
    assert everybody(store)["ada@reader.example"].editions == ("weekly",)
    run(store, one(status="unsubscribed"))
    assert everybody(store)["ada@reader.example"].status is GONE


# Text of one line as names are: what import and preferences let through.
line_text = st.text(alphabet=st.characters(exclude_categories=("C", "Z")), max_size=12).map(str.strip)
words = st.lists(line_text.filter(bool), max_size=3).map(" ".join)
readers = st.lists(
    st.builds(
        Subscriber,
        email=st.builds(
            "{}@{}".format,
            st.from_regex(r"[+=a-zA-Z-][a-zA-Z0-9+=-]{0,8}", fullmatch=True),
            st.sampled_from(["r.example", "bücher.example"]),
        ),
        name=words | st.sampled_from(["=1+1", "'=1", "''@x", "'quoted'", "-", 'a"b', "a|b;c,d"]),
        zone=st.sampled_from(["", "Europe/Berlin"]),
        language=st.sampled_from(["", "de", "pt-BR"]),
        topics=st.sampled_from([(), ("policy",), ("open-source-ai", "policy")]),
        audiences=st.sampled_from([(), ("policy-maker",)]),
        editions=st.sampled_from([(), ("weekly",), ("daily", "weekly")]),
        status=st.sampled_from([PENDING, CONFIRMED, GONE]),
        consent_at=st.none()
        | st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        consent_source=words,
        consent_wording=words,
        frequency=st.sampled_from(Frequency),
        titles_only=st.booleans(),
        paused_until=st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    ),
    max_size=6,
    unique_by=lambda reader: reader.email.casefold(),
)


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    folder = tmp_path_factory.mktemp("two")
    stores = Store(f"sqlite:///{folder}/1.db"), Store(f"sqlite:///{folder}/2.db")
    for store in stores:
        store.upgrade()
    yield stores
    for store in stores:
        store.close()


@given(people=readers)
def test_an_export_imports_again_to_the_same_state(
    two_stores: tuple[Store, Store], people: list[Subscriber]
) -> None:
    first, second = two_stores
    for store in two_stores:
        with store.write() as c:
            c.execute(delete(subscription))
            c.execute(delete(subscriber))
    with first.write() as c:
        save_subscribers(c, people, now=NOON)
        gone = [(one.id, key) for one in load_subscribers(c, status=GONE) for key in one.editions]
        end_subscriptions(c, gone, now=NOON)
    file = io.StringIO(newline="")
    assert export_csv(first, file) == len(people)
    file.seek(0)
    report = import_csv(second, SETTINGS, file, now=NOON + timedelta(days=1))
    assert report.added == len(people)
    assert everybody(second) == everybody(first)
    again = io.StringIO(newline="")
    export_csv(second, again)
    assert again.getvalue() == file.getvalue()


def test_what_was_left_survives_the_way_to_another_database(store: Store, tmp_path) -> None:
    run(store, one(editions="weekly|daily"))
    with store.read() as c:
        reader = next(iter(load_subscribers(c)))
    unsubscribe(store, reader.uid, "daily", now=NOON)
    file = io.StringIO(newline="")
    export_csv(store, file)
    assert "weekly|!daily" in file.getvalue()
    other = Store(f"sqlite:///{tmp_path}/other.db")
    other.upgrade()
    file.seek(0)
    import_csv(other, SETTINGS, file, now=NOON)
    with other.read() as c:
        found = next(iter(load_subscribers(c)))
        assert left_editions(c, [found.id]) == {found.id: frozenset({"daily"})}
    other.close()


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            {"frequency": "often"},
            'frequency "often" is not known, wanted each or weekly or monthly; it is left out',
        ),
        ({"titles_only": "maybe"}, 'titles_only "maybe" is neither "yes" nor "no"; it is left out'),
        ({"paused_until": "soon"}, 'paused_until "soon" is no date such as "2026-11-23"; it is left out'),
    ],
)
def test_what_cannot_be_read_of_how_often_costs_only_that(
    sqlite_store: Store, cells: dict[str, str], words: str
) -> None:
    report = run(sqlite_store, one(**cells))
    assert (report.added, told(report)) == (1, [f"list.csv:2: {words}"])
    assert everybody(sqlite_store)["ada@reader.example"].frequency is Frequency.EACH


def test_an_import_says_how_often_and_an_empty_cell_changes_nothing(sqlite_store: Store) -> None:
    run(sqlite_store, one(frequency="Weekly", titles_only="yes", paused_until="2027-01-01"))
    run(sqlite_store, one(frequency="", titles_only="", paused_until=""))
    found = everybody(sqlite_store)["ada@reader.example"]
    assert (found.frequency, found.titles_only, found.paused_until) == (
        Frequency.WEEKLY,
        True,
        date(2027, 1, 1),
    )


@given(text=st.text(alphabet="'=+-@\t ab", max_size=6))
def test_a_cell_that_a_spreadsheet_would_run_is_guarded_and_reads_back(text: str) -> None:
    cell = guard_cell(text)
    assert unguard_cell(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
