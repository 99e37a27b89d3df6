"""Clock, database, folders, secrets and the relay's answer."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from letters.doctor.clock import OtherClock, check_clock, check_zone_data, read_date, zone_data_version
from letters.doctor.database import DatabaseAnswer, check_database, examine_database
from letters.doctor.finding import State
from letters.doctor.machine import check_room, examine_folders, examine_secrets
from letters.doctor.relay import check_relay
from letters.model import RelayAnswer
from letters.settings import Workspace, init_workspace, load_settings
from letters.settings.types import SmtpSettings
from letters.store import Store
from letters.store.migrating import head_revision

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("apart", "state"),
    [
        (timedelta(), State.WELL),
        (timedelta(seconds=30), State.WELL),
        (timedelta(seconds=-31), State.NOTE),
        (timedelta(minutes=5), State.NOTE),
        (timedelta(minutes=-6), State.WRONG),
    ],
)
def test_clocks_may_be_a_little_apart(apart: timedelta, state: State) -> None:
    finding = check_clock(OtherClock(place="https://signal.example", theirs=NOW + apart, ours=NOW))
    assert finding.state is state


def test_a_clock_without_another_is_worth_knowing() -> None:
    finding = check_clock(OtherClock(place="https://signal.example", ours=NOW, why="no answer"))
    assert finding.state is State.NOTE
    assert "could not be compared with https://signal.example: no answer" in finding.found


def test_a_date_header_is_read() -> None:
    assert read_date("Mon, 23 Nov 2026 09:00:00 GMT") == NOW
    assert read_date("yesterday") is None
    assert read_date("") is None


def test_old_time_zones_are_worth_knowing() -> None:
    assert check_zone_data("2025b", now=NOW).state is State.WELL
    assert check_zone_data("2024.1", now=NOW).state is State.NOTE
    assert check_zone_data("", now=NOW).state is State.NOTE
    assert int(zone_data_version()[:4]) > 2020


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    init_workspace(tmp_path / "w", {})
    return Workspace(tmp_path / "w")


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    finding = examine_database(f"sqlite:///{tmp_path}/letters.db")
    assert finding.state is State.NOTE
    assert list(tmp_path.iterdir()) == []


def test_a_database_at_head_is_well(store: Store) -> None:
    finding = examine_database(store.url.render_as_string(hide_password=False))
    assert finding.state is State.WELL, finding
    assert head_revision() in finding.found


def test_a_database_without_tables_wants_the_upgrade(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/letters.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("create table other (a)")
    engine.dispose()
    finding = examine_database(f"sqlite:///{tmp_path}/letters.db")
    assert (finding.state, finding.remedy) == (State.WRONG, '"letters db upgrade"')


def test_a_damaged_database_is_found_out(sqlite_store: Store, tmp_path: Path) -> None:
    sqlite_store.close()
    copy = tmp_path / "damaged.db"
    assert sqlite_store.url.database is not None
    shutil.copy(sqlite_store.url.database, copy)
    data = bytearray(copy.read_bytes())
    # All but the first page, which holds what the file is: the tables are there by name only.
    for at in range(8192, len(data), 4096):
        data[at : at + 4096] = b"\xff" * len(data[at : at + 4096])
    copy.write_bytes(data)
    finding = examine_database(f"sqlite:///{copy}")
    assert finding.state is State.WRONG, finding
    assert "backup" in finding.remedy


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    finding = examine_database("postgresql://letters:secret@127.0.0.1:9/letters")
    assert finding.state is State.WRONG
    assert "secret" not in str(finding.problem)


def test_another_versions_database_is_wrong() -> None:
    answer = DatabaseAnswer(place="sqlite:///a", revision="0001")
    assert check_database(answer, head="0002").found == 'sqlite:///a is at revision "0001"'


@pytest.mark.parametrize(
    ("free", "state"), [(99_999_999, State.WRONG), (999_999_999, State.NOTE), (10**9, State.WELL)]
)
def test_little_room_is_told(free: int, state: State) -> None:
    assert check_room("var/", free).state is state


def test_folders_are_tried_and_left_as_they_were(place: Workspace) -> None:
    settings = load_settings(place, {})
    before = sorted(place.root.rglob("*"))
    findings = examine_folders(place, settings)
    assert [finding.name for finding in findings] == ["var/", "feeds/"]
    assert all("can be written" in finding.found or "free" in finding.found for finding in findings)
    assert sorted(place.root.rglob("*")) == before


def test_a_folder_that_is_a_file_cannot_be_written(place: Workspace) -> None:
    settings = load_settings(place, {})
    shutil.rmtree(place.tree(settings), ignore_errors=True)
    place.tree(settings).write_text("")
    *_, tree = examine_folders(place, settings)
    assert tree.state is State.WRONG
    assert "nothing can be written there" in tree.found


def test_secrets_are_for_their_owner_only(place: Workspace) -> None:
    settings = load_settings(place, {})
    [finding] = examine_secrets(place, settings)
    assert finding.state is State.WELL
    place.secret_key.chmod(0o640)
    [finding] = examine_secrets(place, settings)
    assert finding.state is State.WRONG
    assert "(mode 0640)" in finding.found
    place.secret_key.unlink()
    assert examine_secrets(place, settings) == []


def relay(**fields: object) -> RelayAnswer:
    return RelayAnswer(**{"place": "relay.example:587", "address": "192.0.2.1", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "states"),
    [
        (relay(error="no connection", remedy="check"), {"relay": State.WRONG}),
        (relay(), {"relay": State.WELL, "TLS": State.WRONG}),
        (relay(address="127.0.0.1"), {"relay": State.WELL, "TLS": State.WELL}),
        (relay(address=""), {"relay": State.WELL, "TLS": State.WELL}),
        (relay(protection="TLSv1.3"), {"relay": State.WELL, "TLS": State.WELL}),
        (
            relay(protection="TLSv1.3", certificate_ends=NOW + timedelta(days=13)),
            {"relay": State.WELL, "TLS": State.NOTE},
        ),
        (
            relay(protection="TLSv1.3", size_limit=100_000),
            {"relay": State.WELL, "TLS": State.WELL, "size": State.NOTE},
        ),
    ],
)
def test_what_a_relay_is_like(answer: RelayAnswer, states: dict[str, State]) -> None:
    findings = check_relay(answer, SmtpSettings(), now=NOW)
    assert {finding.name: finding.state for finding in findings} == states
