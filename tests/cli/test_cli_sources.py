"""Sources from the command line: adding, importing and exporting them, and how they fare."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli_kit import START, Letters, feed
from httpserver import HttpServer, Reply
from letters.model import Source
from letters.settings import Workspace, load_settings
from letters.store import Store
from letters.store.sources import SourceState, save_state

OPML = """\
<opml version="2.0"><body>
<outline text="Cities"><outline text="Wires">
<outline type="rss" text="Alpha" xmlUrl="https://alpha.example/feed"/>
</outline></outline>
<outline type="rss" text="Alpha again" xmlUrl="http://www.alpha.example/feed/"/>
<outline type="rss" text="Beta" xmlUrl="https://beta.example/feed"/>
<outline type="rss" text="Broken" xmlUrl="nowhere"/>
</body></opml>
"""

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def config(workspace: Path) -> Path:
    return workspace / "config" / "sources.toml"


@pytest.fixture
def site(http_server: HttpServer) -> str:
    """A page that names two feeds, and one of comments."""
    http_server.serve("/show.rss", feed("One", "Two").replace("The Quiet Grid", "Slow Wires"))
    http_server.serve("/news.rss", feed("Three").replace("The Quiet Grid", "News of the Wires"))
    http_server.serve("/comments.rss", feed("Four").replace("The Quiet Grid", "Comments on Slow Wires"))
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{name}.rss">'
        for name in ("comments", "show", "news")
    )
    return http_server.serve("/site", f"<html><head>{links}</head></html>", content_type="text/html")


def sources_of(workspace: Path) -> tuple[Source, ...]:
    return load_settings(Workspace(workspace), {}).sources


def remember(workspace: Path, *states: SourceState) -> None:
    store = Store(f"sqlite:///{workspace}/var/letters.db")
    store.upgrade()
    with store.write() as c:
        for state in states:
            save_state(c, state)
    store.close()


# --- adding -------------------------------------------------------------------------------------------------


def test_the_best_feed_behind_a_page_is_written_below_what_is_there(
    letters: Letters, workspace: Path, config: Path, site: str, http_server: HttpServer
) -> None:
    before = config.read_text()
    ran = letters("sources", "add", site, "--yes", "-w", workspace)
    assert ran.code == 0, ran.out + ran.err
    assert "Slow Wires" in ran.out
    assert config.read_text() == (
        f'{before}\n[[source]]\nkey = "slow-wires"\nurl = "{http_server.url("/show.rss")}"\n'
    )
    assert letters("watch", "--json", "-w", workspace).data["sources"]["failed"] == 0


def test_what_was_found_is_told_and_options_are_written(
    letters: Letters, workspace: Path, http_server: HttpServer, site: str
) -> None:
    url = http_server.url("/show.rss")
    words = ("--key", "wires", "--show", "Wires, Slowly", "--backfill", 2)
    data = letters("sources", "add", url, *words, "--json", "-w", workspace).data
    [found] = data["found"]
    assert (found["title"], found["format"], found["entries"]) == ("Slow Wires", "RSS 2.0", 2)
    assert found["newest"] == "2026-11-20T12:00:00Z"
    assert data["added"] == {"key": "wires", "url": url, "show": "Wires, Slowly", "backfill": 2}
    assert sources_of(workspace)[-1] == Source(key="wires", url=url, show="Wires, Slowly", backfill=2)


def test_several_feeds_are_numbered_and_none_is_taken_unasked(
    letters: Letters, workspace: Path, config: Path, site: str
) -> None:
    before = config.read_bytes()
    ran = letters("sources", "add", site, "-w", workspace)
    assert ran.code == 1
    rows = [line.split()[0] for line in ran.out.splitlines() if "RSS 2.0" in line]
    assert rows == ["1", "2", "3"]
    assert "show.rss" in ran.out.splitlines()[1]
    assert "(comments)" in ran.out.splitlines()[3]
    assert "take the first with --yes" in ran.out
    assert config.read_bytes() == before


def test_on_a_terminal_the_operator_is_asked_which(
    workspace: Path, site: str, http_server: HttpServer
) -> None:
    here, there = pty.openpty()
    command = [sys.executable, "-m", "letters", "sources", "add", site, "-w", str(workspace)]
    environ = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    with subprocess.Popen(command, stdin=there, stdout=there, stderr=there, env=environ) as process:
        os.close(there)
        shown = b""
        while b"Which one" not in shown:
            shown += os.read(here, 4096)
        os.write(here, b"2\n")
        try:
            while piece := os.read(here, 4096):
                shown += piece
        except OSError:  # the other end is closed
            pass
        assert process.wait(30) == 0, shown.decode()
    os.close(here)
    assert sources_of(workspace)[-1].url == http_server.url("/news.rss")


def test_a_dry_run_shows_and_changes_nothing(
    letters: Letters, workspace: Path, config: Path, http_server: HttpServer, site: str
) -> None:
    before = config.read_bytes()
    ran = letters("sources", "add", http_server.url("/show.rss"), "--dry-run", "-w", workspace)
    assert ran.code == 0
    assert 'Would be added to config/sources.toml as "slow-wires"' in ran.out
    assert config.read_bytes() == before
    assert not (workspace / "var/history").exists()


@pytest.mark.parametrize("path", ["/feed.xml", "/feed.xml?utm_source=x#top"])
def test_a_source_that_is_there_in_any_spelling_is_named_without_asking(
    letters: Letters, workspace: Path, config: Path, http_server: HttpServer, path: str
) -> None:
    before = config.read_bytes()
    ran = letters("sources", "add", f"feed:{http_server.url(path)}", "-w", workspace)
    assert ran.code == 0
    assert 'source "grid" has this feed already' in ran.out
    assert (config.read_bytes(), http_server.requests) == (before, [])


def test_a_page_whose_feed_is_there_is_recognised_too(
    letters: Letters, workspace: Path, config: Path, http_server: HttpServer
) -> None:
    before = config.read_bytes()
    page = http_server.serve("/", "<html><a href='/feed.xml'>RSS</a>", content_type="text/html")
    assert letters("sources", "add", page, "--json", "-w", workspace).data["already"] == "grid"
    assert config.read_bytes() == before


def test_a_title_that_is_taken_gets_another_key(
    letters: Letters, workspace: Path, http_server: HttpServer
) -> None:
    for path in ("/a", "/b"):
        url = http_server.serve(path, feed(f"Episode of {path}"))
        assert letters("sources", "add", url, "-w", workspace).code == 0
    first, second = (source.key for source in sources_of(workspace)[-2:])
    assert first == "the-quiet-grid"
    assert second.startswith("the-quiet-grid-")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("ftp://show.example",), "wanted one such as"),
        (("https://show.example", "--key", "Not A Key"), "is no key"),
        (("https://show.example", "--key", "grid"), "is another source's"),
        (("https://show.example", "--backfill", "-1"), "backfill"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked(
    letters: Letters, workspace: Path, words: tuple[str, ...], complaint: str
) -> None:
    ran = letters("sources", "add", *words, "-w", workspace)
    assert ran.code == 2
    assert complaint in ran.err


def test_a_page_without_a_feed_ends_with_what_to_do(
    letters: Letters, workspace: Path, http_server: HttpServer
) -> None:
    page = http_server.serve("/", "<html>nothing", content_type="text/html")
    http_server.on("/feed.xml", Reply(404))
    ran = letters("sources", "add", page, "-w", workspace)
    assert ran.code == 3
    assert "give the feed's own address" in ran.err


def test_a_password_is_written_down_but_never_shown(
    letters: Letters, workspace: Path, http_server: HttpServer, site: str
) -> None:
    url = http_server.url("/show.rss").replace("http://", "http://ada:secret@")
    ran = letters("sources", "add", url, "-w", workspace)
    assert ran.code == 0
    assert sources_of(workspace)[-1].url == url
    told = ran.out + ran.err + (workspace / "var/history/edits.jsonl").read_text()
    for command in ("list", "show"):
        told += letters(
            "sources", command, *(["slow-wires"] if command == "show" else []), "-w", workspace
        ).out
    assert "secret" not in told


# --- lists --------------------------------------------------------------------------------------------------


def test_a_list_comes_in_with_one_edit_and_each_feed_is_accounted_for(
    letters: Letters, workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "feeds.opml").write_text(OPML)
    ran = letters("sources", "import", tmp_path / "feeds.opml", "-w", workspace)
    assert ran.code == 1
    assert "2 sources added, 0 there already, 1 in the list twice, 1 invalid" in ran.out
    assert 'feeds.opml:7: "Broken": "nowhere" is no web address' in ran.out
    assert 'feeds.opml:5: "Alpha again" stands in line 3 already' in ran.out
    assert [source.key for source in sources_of(workspace)] == ["grid", "beta", "alpha"]
    assert len((workspace / "var/history/edits.jsonl").read_text().splitlines()) == 1
    again = letters("sources", "import", tmp_path / "feeds.opml", "--json", "-w", workspace).data
    assert again["added"] == []
    assert [one["key"] for one in again["already"]] == ["alpha", "alpha", "beta"]


def test_a_dry_run_of_an_import_changes_nothing(
    letters: Letters, workspace: Path, config: Path, tmp_path: Path
) -> None:
    before = config.read_bytes()
    (tmp_path / "feeds.opml").write_text(OPML)
    data = letters("sources", "import", tmp_path / "feeds.opml", "--dry-run", "--json", "-w", workspace).data
    assert [(one["key"], one["folder"]) for one in data["added"]] == [
        ("alpha", ["Cities", "Wires"]),
        ("beta", []),
    ]
    assert config.read_bytes() == before


def test_a_list_that_is_none_is_told_with_its_line(letters: Letters, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text("<opml><body>\n<outline>\n</body></opml>")
    ran = letters("sources", "import", tmp_path / "feeds.opml", "-w", workspace)
    assert ran.code == 2
    assert "feeds.opml:3: is no well-formed XML" in ran.err


def test_what_was_exported_makes_the_same_sources_elsewhere(
    letters: Letters, workspace: Path, config: Path, tmp_path: Path
) -> None:
    config.write_text(
        '[[source]]\nkey = "grid"\nurl = "https://grid.example/feed"\n\n## Cities / Wires\n\n[[source]]\nkey = "alpha"\n'
        'url = "https://alpha.example/?a=1&b=2"\nshow = "Alpha & Co"\nnames = ["Old", "Older"]\nbackfill = 3\n'
    )
    out = tmp_path / "out.opml"
    assert letters("sources", "export", out, "--json", "-w", workspace).data["written"] == 2
    first = out.read_bytes()
    other = tmp_path / "other"
    letters("init", other)
    (other / "config/letters.toml").write_text((workspace / "config/letters.toml").read_text())
    assert letters("sources", "import", out, "-w", other).code == 0
    assert sources_of(other) == sources_of(workspace)
    assert letters("sources", "export", "-", "-w", other).out.encode() == first
    assert letters("sources", "export", "-w", other).out.encode() == first


def test_a_list_with_passwords_is_for_its_owner_only(
    letters: Letters, workspace: Path, config: Path, tmp_path: Path
) -> None:
    config.write_text('[[source]]\nkey = "grid"\nurl = "https://ada:secret@grid.example/feed"\n')
    ran = letters("sources", "export", tmp_path / "out.opml", "-w", workspace)
    assert "1 address in the list holds a name and password" in ran.out
    assert (tmp_path / "out.opml").stat().st_mode & 0o777 == 0o600


def test_json_and_a_list_on_standard_output_exclude_each_other(letters: Letters, workspace: Path) -> None:
    assert letters("sources", "export", "--json", "-w", workspace).code == 2


# --- how they fare ------------------------------------------------------------------------------------------

SEVERAL = "".join(
    f'[[source]]\nkey = "{key}"\nurl = "https://{key}.example/feed"\n'
    for key in ("good", "new", "failing", "gone", "waiting", "moved")
)


def state(key: str, **values: Any) -> SourceState:
    return SourceState(
        **{
            "source": key,
            "url": f"https://{key}.example/feed",
            "feed_title": f"The {key} show",
            "first_look_at": START,
            "last_look_at": START,
            "next_look_at": START + timedelta(hours=1),
        }
        | values
    )


@pytest.fixture
def several(workspace: Path, config: Path) -> Path:
    config.write_text(SEVERAL)
    remember(
        workspace,
        state("good"),
        state("failing", failures=3, last_status=500, last_error="answered 500 Internal Server Error"),
        state("gone", failures=1, last_status=410, last_error="answered 410 Gone", gone_at=START),
        state(
            "waiting",
            failures=1,
            last_status=429,
            last_error="answered 429",
            retry_after_until=START + timedelta(hours=2),
        ),
        state("moved", moved_url="https://moved.example/new"),
    )
    return workspace


def test_trouble_comes_first_and_the_rest_as_configured(letters: Letters, several: Path) -> None:
    """R61: what is failing or gone is told with what mends it, and never left out."""
    ran = letters("sources", "list", "--json", "--now", START.isoformat(), "-w", several)
    listed = ran.data["sources"]
    assert [(one["key"], one["condition"]) for one in listed] == [
        ("gone", "gone"),
        ("failing", "failing"),
        ("good", "well"),
        ("new", "new"),
        ("waiting", "held"),
        ("moved", "well"),
    ]
    assert listed[1]["health"] == "failing, 3 times: answered 500 Internal Server Error"
    assert listed[4]["held_until"] == "2026-11-21T14:00:00Z"
    assert all(len(one["days"]) == len(one["picture"]) == 30 for one in listed)
    assert ran.code == 1
    told = {problem["where"]: problem for problem in ran.data["problems"]}
    assert "config/sources.toml" in told['source "gone"']["remedy"]
    assert "letters sources add" in told['source "failing"']["remedy"]
    assert told['source "moved"']["notice"]
    assert 'url = "https://moved.example/new"' in told['source "moved"']["remedy"]


def test_three_sources_that_are_turned_away_hold_their_host(
    letters: Letters, workspace: Path, config: Path
) -> None:
    keys = ("one", "two", "three", "four")
    config.write_text(
        "".join(f'[[source]]\nkey = "{key}"\nurl = "https://host.example/{key}"\n' for key in keys)
    )
    until = START + timedelta(hours=2)
    remember(
        workspace,
        *(
            state(
                key, url=f"https://host.example/{key}", failures=1, last_status=429, retry_after_until=until
            )
            for key in keys[:3]
        ),
        state("four", url="https://host.example/four"),
    )
    listed = letters("sources", "--json", "-w", workspace, "list", "--now", START.isoformat()).data["sources"]
    assert {one["key"]: one["condition"] for one in listed} == dict.fromkeys(keys, "held")


@pytest.mark.parametrize("columns", [40, 60, 80, 160])
def test_a_list_fits_its_terminal_and_no_colour_is_respected(
    letters: Letters, several: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    for name, value in (
        ("COLUMNS", str(columns)),
        ("FORCE_COLOR", "1"),
        ("NO_COLOR", "1"),
        ("TERM", "xterm"),
    ):
        monkeypatch.setenv(name, value)
    shown = letters("sources", "list", "-w", several).out
    assert re.findall(r"\x1b\[[34]", shown) == []
    table = re.sub(r"\x1b\[[0-9;]*m", "", shown).split("\n\n")[0].splitlines()
    assert max(len(line.rstrip()) for line in table) <= columns
    assert [line.split()[0] for line in table if line.split()[0] in {"gone", "failing", "good"}][:3] == [
        "gone",
        "failing",
        "good",
    ]
    assert ("next look" in table[0], "last look" in table[0]) == (columns >= 80, columns >= 160)


def test_bare_sources_lists_and_an_empty_list_says_what_to_do(
    letters: Letters, workspace: Path, config: Path
) -> None:
    assert letters("sources", "--json", "-w", workspace).data["sources"][0]["key"] == "grid"
    config.write_text("")
    ran = letters("sources", "-w", workspace)
    assert ran.code == 0
    assert "letters sources add URL" in ran.out


def test_one_source_is_shown_whole(letters: Letters, workspace: Path) -> None:
    letters("watch", "--now", START.isoformat(), "-w", workspace)
    ran = letters("sources", "show", "grid", "-w", workspace)
    assert ran.code == 0
    for words in ("config/sources.toml:1", "The Quiet Grid", "well", "Cheap sensors, expensive silence"):
        assert words in ran.out
    data = letters("sources", "show", "grid", "--json", "-w", workspace).data["source"]
    assert (data["episodes"], data["feed_title"], data["quarantined"]) == (2, "The Quiet Grid", 0)
    assert [one["title"] for one in data["newest"]] == ["Cheap sensors, expensive silence", "Another story"]


def test_an_unknown_source_names_the_nearest(letters: Letters, workspace: Path) -> None:
    ran = letters("sources", "show", "gird", "-w", workspace)
    assert ran.code == 2
    assert 'did you mean "grid"?' in ran.err


def test_a_failing_source_says_why_and_when_it_is_asked_again(
    letters: Letters, workspace: Path, http_server: HttpServer
) -> None:
    """R61."""
    http_server.on("/feed.xml", Reply(500))
    letters("watch", "--now", START.isoformat(), "-w", workspace)
    ran = letters("sources", "-w", workspace)
    assert ran.code == 1
    assert "failing, once" in ran.out
    assert "answered 500 Internal Server Error, asked again" in ran.out


@pytest.mark.parametrize("command", ["list", "add", "import", "export", "show"])
def test_every_command_about_sources_has_help_and_json(letters: Letters, command: str) -> None:
    ran = letters("sources", command, "--help")
    assert ran.code == 0
    assert "--json" in ran.out


def test_two_configured_spellings_of_one_address_are_told_by_check(
    letters: Letters, workspace: Path, config: Path, http_server: HttpServer
) -> None:
    url = http_server.url("/feed.xml/")
    config.write_text(f'{config.read_text()}[[source]]\nkey = "twin"\nurl = "{url}"\n')
    ran = letters("check", "-w", workspace)
    assert 'source "twin": has the address of source "grid" in another spelling' in ran.out
