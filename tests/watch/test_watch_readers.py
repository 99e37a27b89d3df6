"""Reading in processes of their own: on time, or given up; a reader that dies costs one document."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from watching import NOW, item, rss

from letters.errors import UnreadableFeedError
from letters.model import Source
from letters.processes import cores
from letters.watch.parse import ParsedFeed, parse_feed
from letters.watch.readers import Readers
from letters.watch.values import ReadingBroke, ReadingJob, ReadingResult

SOURCE = Source(key="show", url="https://show.example/feed")


def job(body: str) -> ReadingJob:
    return ReadingJob(body=body.encode(), url=SOURCE.url, content_type="", source=SOURCE, now=NOW, known={})


@pytest.fixture
def readers() -> Iterator[Readers]:
    with Readers(limit=timedelta(seconds=60)) as made:
        yield made


def children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def test_document_is_read_as_in_this_process(readers: Readers) -> None:
    body = rss(*(item(number) for number in range(30)))
    here = parse_feed(body.encode(), url=SOURCE.url, content_type="", source=SOURCE, now=NOW)
    assert readers.read(job(body)) == here


def test_what_is_no_feed_is_said_as_in_this_process(readers: Readers) -> None:
    result = readers.read(job("<!doctype html><title>Welcome</title>"))
    assert isinstance(result, UnreadableFeedError)
    assert str(result) == "an HTML page, not a feed"


def test_document_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    before = children()
    with Readers(limit=timedelta(milliseconds=1)) as hasty:
        result = hasty.read(job(rss(item(1))))
        assert isinstance(result, UnreadableFeedError)
        assert str(result) == "still being read after 0.001 seconds; given up"
        assert children() == before
        # The very same workers, given time.
        hasty._limit = timedelta(seconds=60)
        assert isinstance(hasty.read(job(rss(item(1)))), ParsedFeed)


def test_reader_that_dies_costs_one_document_and_no_more(readers: Readers) -> None:
    before = children()
    assert isinstance(readers.read(job(rss(item(1)))), ParsedFeed)
    (worker,) = children() - before
    os.kill(worker, signal.SIGKILL)
    broke = readers.read(job(rss(item(1))))
    assert isinstance(broke, ReadingBroke)
    assert "its reader died" in broke.what
    assert isinstance(readers.read(job(rss(item(1)))), ParsedFeed)


def test_many_threads_share_as_many_processes_as_there_are_cores(readers: Readers) -> None:
    before = children()
    results: list[ReadingResult] = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(readers.read(job(rss(item(n))))))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    titles = {one.entries[0].title for one in results if isinstance(one, ParsedFeed)}
    assert titles == {f"Episode {n}" for n in range(12)}
    assert 1 <= len(children() - before) <= cores()


def test_no_process_is_started_without_work_and_none_is_left_behind() -> None:
    before = children()
    with Readers(limit=timedelta(seconds=60)) as readers:
        assert children() == before
        readers.read(job(rss(item(1))))
        assert children() > before
    assert children() == before
