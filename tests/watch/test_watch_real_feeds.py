"""All real documents beside the checkout, served over loopback and watched as sources; skipped where they are not."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from watching import HOUR, episodes, make_settings

from httpserver import HttpServer
from letters.model import Source
from letters.store import Store
from letters.watch import watch

pytestmark = [pytest.mark.shared, pytest.mark.slow]

# After the newest of the material, so that no date counts as one of the future.
LATER = datetime(2026, 11, 1, tzinfo=UTC)

#: Documents that yield no entries, and why.
WITHOUT_ENTRIES = {
    "7ef13a42fa7e177a.xml": "every element bears a prefix that nothing declares, so it holds no RSS element at all",
}
#: Where our count is not feedparser's own, and why.
OTHER_COUNTS = {
    "72d1083fa3130282.xml": "two entries are listed twice, alike in guid, link, title and date",
    "72fea1ebfd02e90a.xml": "its entries are listed up to four times, alike in guid, link, title and date",
    "d4b7ab74da763119.json": "JSON Feed, which feedparser does not read",
}


def documents(shared_data: Path) -> dict[str, bytes]:
    paths = (path for path in (shared_data / "feeds").glob("*/*") if path.suffix in {".xml", ".json"})
    return {path.name: path.read_bytes() for path in sorted(paths)}


def counted_by_feedparser(body: bytes) -> int:
    return len(feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False).entries)


def test_every_real_document_yields_the_entries_that_feedparser_counts(
    sqlite_store: Store, http_server: HttpServer, shared_data: Path
) -> None:
    found = documents(shared_data)
    assert found
    served = [http_server.serve(f"/{name}", body) for name, body in found.items()]
    settings = make_settings(*(Source(key=f"s{number}", url=url) for number, url in enumerate(served)))

    report = watch(sqlite_store, settings, now=LATER)

    # Three podcasts name another address in their documents; that is worth knowing, and no more.
    assert [str(problem) for problem in report.problems if not problem.is_notice] == []
    counts = Counter(one.source for one in episodes(sqlite_store))
    ours = {name: counts[f"s{number}"] for number, name in enumerate(found)}
    assert {name for name, count in ours.items() if count == 0} == set(WITHOUT_ENTRIES)
    theirs = {name: counted_by_feedparser(body) for name, body in found.items()}
    assert {name for name in found if ours[name] != theirs[name]} == set(OTHER_COUNTS)
    assert (report.polled, report.stored, report.new) == (len(found), sum(ours.values()), 0)

    again = watch(sqlite_store, settings, now=LATER + HOUR, everything=True)
    assert (again.polled, again.unchanged, again.failed) == (len(found), len(found), 0)
