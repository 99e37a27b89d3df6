"""Edits of the configuration: whole or not at all, comments kept, the history told; and addresses that mean one feed."""

from __future__ import annotations

import json
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import SettingsError
from letters.model import Source
from letters.settings import Workspace, init_workspace, load_settings, warnings
from letters.settings.addresses import normalised, web_address
from letters.settings.edit import Addition, add_sources, complaint_about, with_sources
from letters.settings.headings import Folder, heading, read_folders, read_heading
from letters.settings.history import KEPT, remember_edit
from letters.text import find_shipped, one_line

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ENVIRON = {"LETTERS_SECRET": "a secret of many characters for tests"}
LETTERS = '[site]\ntitle = "Signal"\nbase_url = "https://signal.example"\n[delivery]\nfrom = "news@signal.example"\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    init_workspace(tmp_path, ENVIRON)
    (tmp_path / "config/letters.toml").write_text(LETTERS)
    return Workspace(tmp_path)


def source(key: str = "grid", url: str = "https://grid.example/feed", **values: object) -> Source:
    return Source(key=key, url=url, **values)  # type: ignore[arg-type]


def add(workspace: Workspace, *additions: Addition, now: datetime = NOW) -> None:
    add_sources(workspace, ENVIRON, additions, what="a test", now=now)


def configured(workspace: Workspace) -> tuple[Source, ...]:
    return load_settings(workspace, ENVIRON).sources


# --- the text -----------------------------------------------------------------------------------------------

LINES = st.text(max_size=20).map(one_line).filter(bool)
KEYS = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)
SOURCES = st.builds(
    source,
    KEYS,
    st.from_regex(r"https://[a-z]{1,5}\.example/[a-zé\"'\\]{0,5}", fullmatch=True),
    show=LINES | st.just(""),
    names=st.lists(LINES, max_size=2).map(tuple),
    backfill=st.integers(0, 9),
)
FOLDERS = st.lists(LINES | st.sampled_from(["/", "a / b", "AC/DC", "\\/", "\\\\/ x"]), max_size=3).map(tuple)
ADDITIONS = st.lists(
    st.builds(lambda source, folder: Addition(source=source, folder=folder), SOURCES, FOLDERS),
    max_size=5,
    unique_by=lambda addition: addition.source.key,
)
TEXTS = st.sampled_from(
    [
        "",
        "# mine\n",
        "# no end of line",
        '[[source]]\nkey = "old" # kept\nurl = "https://old.example/"\n\n# last words\n',
        '## Shelf\n[[source]]\nkey = "old"\nurl = "https://old.example/"',
        '# Windows\r\n[[source]]\r\nkey = "old"\r\nurl = "https://old.example/"\r\n',
        find_shipped("config", "sources.toml").read_text(encoding="utf-8"),
    ]
)


@given(TEXTS, ADDITIONS)
def test_what_stood_in_the_file_stays_and_the_sources_follow(text: str, additions: list[Addition]) -> None:
    after = with_sources(text, additions)
    assert after.startswith(text)
    before = tomllib.loads(text).get("source", [])
    added = tomllib.loads(after).get("source", [])[len(before) :]
    assert {one["key"]: Source(**one | {"names": tuple(one.get("names", ()))}) for one in added} == {
        addition.source.key: addition.source for addition in additions
    }
    folders = dict(zip((one["key"] for one in added), read_folders(after)[len(before) :], strict=True))
    assert folders == {addition.source.key: addition.folder for addition in additions}
    assert ("\r\n" in text) == ("\r\n" in after)
    assert "\r\n" not in text or after.count("\r\n") == after.count("\n")


@given(FOLDERS)
def test_a_heading_reads_back_as_its_folder(folder: Folder) -> None:
    assert read_heading(heading(folder)) == folder


def test_a_remark_is_no_heading() -> None:
    assert [read_heading(line) for line in ("# News", "##", "##News", "#: News", 'key = "## a"')] == [
        None
    ] * 5


@pytest.mark.parametrize(
    "text", ["source = []\n", 'source = [\n  {key = "old", url = "https://old.example/"}, # mine\n]\n']
)
def test_sources_that_stand_in_an_array_get_company_there(text: str) -> None:
    after = with_sources(text, [Addition(source=source(names=("a", "b")))])
    assert tomllib.loads(after)["source"][-1] == {
        "key": "grid",
        "url": "https://grid.example/feed",
        "names": ["a", "b"],
    }
    assert ("# mine" in text) == ("# mine" in after)


def test_sources_of_one_folder_come_together_under_one_heading() -> None:
    news, tech = ("News",), ("Tech",)
    after = with_sources(
        '## News\n[[source]]\nkey = "old"\nurl = "https://old.example/"\n',
        [
            Addition(source=source("a"), folder=tech),
            Addition(source=source("b"), folder=news),
            Addition(source=source("c"), folder=tech),
        ],
    )
    assert after.count("## News") == after.count("## Tech") == 1
    assert read_folders(after) == [news, news, tech, tech]


# --- the file -----------------------------------------------------------------------------------------------


def test_an_edit_is_written_and_the_history_can_take_it_back(workspace: Workspace) -> None:
    path = workspace.config / "sources.toml"
    before = path.read_bytes()
    add(workspace, Addition(source=source()))
    assert configured(workspace) == (source(),)
    [line] = [json.loads(text) for text in (workspace.history / "edits.jsonl").read_text().splitlines()]
    assert (line["at"], line["file"], line["what"]) == (
        "2026-11-23T08:00:00Z",
        "config/sources.toml",
        "a test",
    )
    assert (workspace.history / line["before"]).read_bytes() == before


def test_the_first_edit_of_a_file_that_is_not_there_makes_it(workspace: Workspace) -> None:
    (workspace.config / "sources.toml").unlink()
    add(workspace, Addition(source=source()))
    assert configured(workspace) == (source(),)
    assert json.loads((workspace.history / "edits.jsonl").read_text())["before"] is None


@pytest.mark.parametrize(
    "bad", [source("taken"), source("No Key"), source(url="ftp://grid.example/"), source(names=("",))]
)
def test_an_edit_that_would_not_load_changes_nothing(workspace: Workspace, bad: Source) -> None:
    path = workspace.config / "sources.toml"
    path.write_text('[[source]]\nkey = "taken"\nurl = "https://old.example/"\n')
    before = path.read_bytes()
    with pytest.raises(SettingsError, match=r"config/sources\.toml"):
        add(workspace, Addition(source=source("fine")), Addition(source=bad))
    assert path.read_bytes() == before
    assert not workspace.history.exists()


def test_a_configuration_that_does_not_load_is_told_before_it_is_edited(workspace: Workspace) -> None:
    path = workspace.config / "sources.toml"
    path.write_text("[[source]\n")
    with pytest.raises(SettingsError, match=r"sources\.toml:1"):
        add(workspace, Addition(source=source()))
    assert path.read_text() == "[[source]\n"


def test_edits_at_the_same_time_lose_nothing(workspace: Workspace) -> None:
    keys = [f"show-{number}" for number in range(8)]
    with ThreadPoolExecutor(4) as hands:
        list(
            hands.map(
                lambda key: add(workspace, Addition(source=source(key, f"https://{key}.example/"))), keys
            )
        )
    assert sorted(one.key for one in configured(workspace)) == keys
    assert len((workspace.history / "edits.jsonl").read_text().splitlines()) == len(keys)


def test_a_byte_order_mark_stays_and_a_link_is_followed(workspace: Workspace, tmp_path: Path) -> None:
    path, kept = workspace.config / "sources.toml", tmp_path / "kept.toml"
    kept.write_bytes(b"\xef\xbb\xbf# mine\n")
    path.unlink()
    path.symlink_to(kept)
    add(workspace, Addition(source=source()))
    assert path.is_symlink()
    assert kept.read_bytes().startswith(b"\xef\xbb\xbf# mine\n\n[[source]]")


def test_of_the_copies_the_newest_are_kept(workspace: Workspace) -> None:
    path = workspace.config / "sources.toml"
    for number in range(KEPT + 3):
        remember_edit(
            workspace, path, f"# {number}\n".encode(), what="x", now=NOW + timedelta(seconds=number)
        )
    copies = sorted(workspace.history.glob("sources.*.toml"))
    assert len(copies) == KEPT
    assert copies[0].read_text() == "# 3\n"
    assert len((workspace.history / "edits.jsonl").read_text().splitlines()) == KEPT + 3


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (source(), ""),
        (source("No Key"), "is no key"),
        (source(url="ftp://x.example/"), "is no web address"),
        (source(names=("a\nb",)), "line"),
    ],
)
def test_a_complaint_says_what_the_file_would_refuse(one: Source, words: str) -> None:
    complaint = complaint_about(one)
    assert words in complaint
    assert bool(words) == bool(complaint)


# --- addresses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        "http://grid.example/feed?a=1&b=x%20y",
        "https://www.grid.example/feed/?b=x+y&a=1",
        "HTTPS://Grid.Example:443/feed?a=1&b=x%20y#top",
        "feed://grid.example/feed?a=1&b=x%20y",
        "feed:https://grid.example./%66eed?a=1&b=x%20y",
        "https://grid.example/feed?utm_source=x&a=1&fbclid=2&b=x%20y",
    ],
)
def test_two_spellings_of_one_address_are_the_same(other: str) -> None:
    assert normalised(other) == normalised("https://grid.example/feed?a=1&b=x%20y")


@pytest.mark.parametrize(
    "other",
    [
        "https://grid.example/Feed?a=1",
        "https://grid.example/feed?a=2",
        "https://grid.example:8443/feed?a=1",
        "https://feeds.grid.example/feed?a=1",
        "https://grid.example/fe%2Fed?a=1",
        "https://ada:secret@grid.example/feed?a=1",
        "",
        "no address",
        "https://[::1/feed",
    ],
)
def test_two_addresses_are_two(other: str) -> None:
    assert normalised(other) != normalised("https://grid.example/feed?a=1")


def test_feedburner_has_several_names_for_one_feed() -> None:
    assert normalised("http://feeds2.feedburner.com/Grid?format=xml") == normalised(
        "https://feeds.feedburner.com/Grid"
    )
    assert normalised("https://grid.example/feed?format=xml") != normalised("https://grid.example/feed")


def test_names_in_other_scripts_are_as_the_dns_has_them() -> None:
    assert normalised("https://bücher.example/") == normalised("https://xn--bcher-kva.example")


@given(
    st.from_regex(r"(?!www\.)[a-z]{1,6}\.example", fullmatch=True),
    st.lists(st.text("abcxyz é%/+", min_size=1, max_size=6), max_size=3),
    st.lists(st.tuples(st.text("abc", min_size=1, max_size=3), st.text("xyz é&=%", max_size=5)), max_size=3),
)
def test_what_varies_in_writing_does_not_vary_in_the_form(
    host: str, segments: list[str], query: list[tuple[str, str]]
) -> None:
    plain = f"https://{host}/{'/'.join(quote(one, safe='') for one in segments)}?{urlencode(query)}"
    varied = f"feed:HTTP://WWW.{host.upper()}:80/{'/'.join(_every_byte(one) for one in segments)}/?utm_medium=x&{urlencode(query[::-1])}#top"
    assert normalised(varied) == normalised(plain)
    assert normalised(f"{plain}&other=1") != normalised(plain)


def _every_byte(segment: str) -> str:
    return "".join(f"%{byte:02x}" for byte in segment.encode())


@given(st.text(max_size=60), st.sampled_from(["", "https://", "feed:", "https://grid.example/"]))
def test_any_text_has_a_form(text: str, start: str) -> None:
    assert isinstance(normalised(start + text), str)
    assert isinstance(web_address(start + text), str)


def test_two_sources_of_one_address_are_a_warning_however_it_is_written(workspace: Workspace) -> None:
    (workspace.config / "sources.toml").write_text(
        '[[source]]\nkey = "a"\nurl = "https://grid.example/feed"\n'
        '[[source]]\nkey = "b"\nurl = "http://www.grid.example/feed/"\n'
        '[[source]]\nkey = "c"\nurl = "https://grid.example/other"\n'
    )
    [warning] = warnings(load_settings(workspace, ENVIRON))
    assert str(warning) == (
        'config/sources.toml:6: source "b": has the address of source "a" in another spelling, '
        "so that every episode is there twice; remove one of the two"
    )
