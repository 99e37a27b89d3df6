"""The whole job on real input: every feed at hand, a feed per show, all cards, three editions, 200 subscribers, three passes.

    python benchmarks/whole.py [--data DIR] [--workspace DIR] [--database URL] [--keep]

Serves the real material beside the checkout over HTTP on loopback and runs ``letters once`` three times, as an operator's
cron would: the first pass reads everything, the second comes after the editions' hour and sends, the third has nothing to
publish, compose or send. Prints the counts of each and ends with exit code 1 if the third pass did anything, a subscriber
was missed or mailed twice, or a message is larger than mail clients show.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from sqlalchemy import func, select

from letters.cards import write_card
from letters.model import Card, Credit
from letters.pipeline import open_house
from letters.settings import Workspace
from letters.store.seen import load_seen
from letters.store.tables import card, delivery, entry, episode, feed, issue

HERE = Path(__file__).resolve().parent
SUBSCRIBERS = 200
HTML_LIMIT_BYTES = 100_000


def main() -> int:
    options = _options()
    if not (options.data / "pairing").is_dir():
        print(f"no real material at {options.data}; name its folder with --data", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        workspace = options.workspace or Path(temporary) / "workspace"
        site = Path(temporary) / "site"
        with _serving(site, options.data) as address:
            first = _write_workspace(workspace, site, options.data, address)
            return _three_passes(workspace, first, options.database)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / "shared" / "data")
    parser.add_argument("--workspace", type=Path, help="keep the workspace here; must not exist yet")
    parser.add_argument("--database", help="LETTERS_DATABASE_URL; default: SQLite in the workspace")
    return parser.parse_args()


# --- the site that the sources live on -------------------------------------------------------------------


class _Handler(SimpleHTTPRequestHandler):
    """Serves files with Last-Modified and 304, as most hosts of feeds do."""

    protocol_version = "HTTP/1.1"
    extensions_map: ClassVar[dict[str, str]] = {
        ".xml": "application/xml",
        ".json": "application/feed+json",
        "": "application/octet-stream",
    }

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def _serving(site: Path, data: Path) -> Iterator[str]:
    site.mkdir()
    (site / "feeds").symlink_to(data / "feeds")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


# --- the workspace ---------------------------------------------------------------------------------------


def _write_workspace(workspace: Path, site: Path, data: Path, address: str) -> datetime:
    """Make the workspace and the show feeds; return the moment of the first pass."""
    _letters("init", str(workspace))
    episodes = _rows(data / "pairing" / "episodes.jsonl")
    newest = max(date.fromisoformat(row["published"][:10]) for row in episodes)
    sources = _write_show_feeds(site / "shows", episodes, address)
    real = sorted(
        path
        for folder in ("blogs", "podcasts")
        for path in (data / "feeds" / folder).iterdir()
        if path.suffix in {".xml", ".json"}
    )
    sources += [
        {"key": f"real-{number:03}", "url": f"http://{address}/{path.relative_to(data)}"}
        for number, path in enumerate(real)
    ]
    config = workspace / "config"
    (config / "sources.toml").write_text("".join(_table("source", source) for source in sources))
    (config / "topics.toml").write_text(_table("topic", {"key": "linux", "name": "Linux"}))
    (config / "schedule.toml").write_text("".join(_table("edition", edition) for edition in _EDITIONS))
    (config / "letters.toml").write_text(
        f'[site]\ntitle = "Signal"\nbase_url = "https://signal.example"\n'
        f'[delivery]\nfrom = "Signal <news@signal.example>"\n[watch]\nallow_private = ["{address}"]\n'
    )
    _write_cards(workspace / "cards", data)
    _write_subscribers(workspace / "subscribers.csv")
    return datetime.combine(newest + timedelta(days=1), datetime.min.time(), UTC)


_EDITIONS = [
    {"key": "weekly", "title": "The week", "when": "0 8 * * MON", "zone": "America/New_York"},
    {
        "key": "daily",
        "title": "The day",
        "when": "0 7 * * *",
        "zone": "Europe/Berlin",
        "group_by": "audience",
    },
    {
        "key": "where-you-are",
        "title": "Where you are",
        "when": "0 9 * * *",
        "zone": "recipient",
        "grace": "24h",
        "uncarded": True,
    },
]


def _table(name: str, values: dict[str, Any]) -> str:
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join([f"[[{name}]]", *lines, "", ""])


def _write_show_feeds(folder: Path, episodes: list[dict[str, Any]], address: str) -> list[dict[str, Any]]:
    folder.mkdir()
    shows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in episodes:
        shows[row["show"]].append(row)
    sources = []
    for number, (show, rows) in enumerate(sorted(shows.items())):
        (folder / f"{number:02}.xml").write_text(_rss(show, rows))
        sources.append(
            {"key": f"show-{number:02}", "url": f"http://{address}/shows/{number:02}.xml", "show": show}
        )
    return sources


def _rss(show: str, rows: list[dict[str, Any]]) -> str:
    items = []
    for row in rows:
        when = datetime.combine(date.fromisoformat(row["published"][:10]), datetime.min.time(), UTC)
        parts = [
            f"<title>{escape(row['title'])}</title>",
            f'<guid isPermaLink="false">{escape(row.get("guid") or row["episode_id"])}</guid>',
            f"<pubDate>{format_datetime(when)}</pubDate>",
        ]
        if row.get("link"):
            parts.append(f"<link>{escape(row['link'])}</link>")
        if row.get("description"):
            parts.append(f"<description>{escape(_xml_text(row['description']))}</description>")
        if row.get("duration"):
            parts.append(f"<itunes:duration>{escape(str(row['duration']))}</itunes:duration>")
        items.append(f"<item>{''.join(parts)}</item>")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>'
        f"<title>{escape(show)}</title><link>https://shows.example/</link><description/>{''.join(items)}</channel></rss>"
    )


def _xml_text(text: str) -> str:
    return "".join(character for character in text if character in "\t\n" or character >= " ")


def _write_cards(folder: Path, data: Path) -> None:
    wanted = set((data / "pairing" / "one_each.txt").read_text().split())
    for row in _rows(data / "pairing" / "cards.jsonl"):
        if row["card_id"] in wanted:
            card = Card(
                title=row["title"],
                summary=row.get("summary", ""),
                topics=tuple(row.get("topics", ())),
                credit=Credit(curator="Signal", publisher=row["publisher"], medium="episode"),
                language=row["lang"],
            )
            (folder / f"{row['card_id']}.md").write_text(write_card(card, form="markdown"))
    for path in (data / "cards").glob("*.txt"):
        (folder / path.name).write_bytes(path.read_bytes())


def _write_subscribers(file: Path) -> None:
    lines = ["email,name,zone,editions,topics,status,consent_at,consent_source"]
    for number in range(SUBSCRIBERS):
        editions = ("weekly|daily", "weekly", "daily", "weekly|daily|where-you-are")[number % 4]
        topics = "linux" if number % 10 == 0 else ""
        lines.append(
            f"reader-{number}@readers.example,Reader {number},Europe/Berlin,{editions},{topics},confirmed,"
            "2026-01-01T00:00:00Z,benchmark"
        )
    file.write_text("\n".join(lines) + "\n")


# --- the passes ------------------------------------------------------------------------------------------


def _three_passes(workspace: Path, first: datetime, database: str | None) -> int:
    environ = {**os.environ, **({"LETTERS_DATABASE_URL": database} if database else {})}
    here = ("--workspace", str(workspace))
    if database:
        _letters("db", "upgrade", *here, environ=environ)
    imported = _letters(
        "subscribers", "import", str(workspace / "subscribers.csv"), "--json", *here, environ=environ
    )
    print(f"subscribers: {imported['added']} added")
    # One hour after the weekly edition's, when the daily ones are late by less than their grace.
    monday = first + timedelta(days=7 - first.weekday() if first.weekday() else 0, hours=13)
    moments = (first, monday, monday + timedelta(minutes=10))
    reports = []
    for number, moment in enumerate(moments, 1):
        report = _letters("once", "--now", moment.isoformat(), "--json", *here, environ=environ)
        reports.append(report)
        _print_pass(number, moment, report)
        _print_store(workspace, environ)
    faults = [*_third_pass_faults(reports[2]), *_mail_faults(workspace)]
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


def _print_pass(number: int, moment: datetime, report: dict[str, Any]) -> None:
    print(f"\npass {number} at {moment:%Y-%m-%d %H:%M} UTC")
    for part in ("sources", "episodes", "cards", "pairs", "feeds", "issues", "deliveries", "seconds"):
        values = ", ".join(f"{name} {value:,}" for name, value in report[part].items())
        print(f"  {part:<10} {values}")
    kinds = Counter(_kind(problem) for problem in report["problems"])
    print(
        f"  problems   {len(report['problems'])}: "
        + ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    )
    for problem in report["problems"]:
        if problem["where"].startswith("source"):
            print(f"    {problem['text'][:150]}")


def _print_store(workspace: Path, environ: dict[str, str]) -> None:
    house = open_house(Workspace(workspace), environ)
    with house.store.read() as connection:
        counts = {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in (episode, card, entry, feed, issue, delivery)
        }
        empty = [source.url for source in house.settings.sources if not load_seen(connection, source.key)]
    house.close()
    print("  in store   " + ", ".join(f"{name} {number:,}" for name, number in counts.items()))
    print(f"  no entries {', '.join(empty) or 'none'}")


def _kind(problem: dict[str, Any]) -> str:
    where = problem["where"]
    return (
        "of sources" if where.startswith("source") else "of cards" if where.startswith("cards") else "others"
    )


def _third_pass_faults(report: dict[str, Any]) -> list[str]:
    quiet = {
        "episodes new": report["episodes"]["new"],
        "episodes changed": report["episodes"]["changed"],
        "feeds written": report["feeds"]["written"],
        "issues composed": report["issues"]["composed"],
        **{f"deliveries {name}": number for name, number in report["deliveries"].items()},
    }
    return [f"the third pass was not quiet: {name} {number}" for name, number in quiet.items() if number]


def _mail_faults(workspace: Path) -> list[str]:
    faults = []
    for folder in sorted((workspace / "var" / "outbox").glob("*/*")):
        recipients: Counter[str] = Counter()
        largest = 0
        for file in folder.glob("*.eml"):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            recipients[str(message["To"])] += 1
            html = message.get_body(("html",))
            largest = max(largest, len(html.get_content().encode())) if html else largest
            faults += [f"{file.name}: {defect!r}" for part in message.walk() for defect in part.defects]
        print(
            f"  {folder.parent.name}/{folder.name}: {len(recipients)} recipients, largest HTML {largest:,} bytes"
        )
        faults += [
            f"{folder.name}: {who} was mailed {times} times" for who, times in recipients.items() if times > 1
        ]
        if largest > HTML_LIMIT_BYTES:
            faults.append(f"{folder.name}: {largest:,} bytes of HTML")
    return faults


def _letters(*words: str, environ: dict[str, str] | None = None) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "letters", *words],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(
            f"letters {' '.join(words)}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
        )
    return json.loads(done.stdout) if "--json" in words else None


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().split("\n") if line]


if __name__ == "__main__":
    sys.exit(main())
