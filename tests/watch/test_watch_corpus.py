"""Each document of the corpus against what it should be read as.

A case is a file beside a ``.expect.json``; adding one needs no Python. What the expectation leaves out is not compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from watching import NOW

from letters.model import Source
from letters.store.codec import dump
from letters.watch.parse import ParsedFeed, parse_feed

CORPUS = Path(__file__).parent / "corpus"
CASES = sorted(path for path in CORPUS.iterdir() if not path.name.endswith(".expect.json"))
URL = "https://feeds.example/feed"


def read(path: Path) -> ParsedFeed:
    source = Source(key="case", url=URL)
    return parse_feed(path.read_bytes(), url=URL, content_type="", source=source, now=NOW)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_document_is_read_as_expected(path: Path) -> None:
    expected = json.loads(path.with_suffix("").with_suffix(".expect.json").read_text())
    found = dump(read(path))
    assert {name: found[name] for name in expected if name != "entries"} == {
        name: value for name, value in expected.items() if name != "entries"
    }
    assert [
        _narrowed(one, wanted) for one, wanted in zip(found["entries"], expected["entries"], strict=True)
    ] == expected["entries"]


def _narrowed(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in wanted}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_identity_occurs_twice_and_none_is_empty(path: Path) -> None:
    """R64."""
    identities = [entry.identity for entry in read(path).entries]
    assert all(identities)
    assert len(set(identities)) == len(identities)
