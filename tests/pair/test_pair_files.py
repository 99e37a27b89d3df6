"""``letters pair --episodes F --cards F --out F``: files in, a file out, whatever the lines hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from letters.errors import UsageError
from letters.pair import pair_files

EPISODES: list[dict[str, Any]] = [
    {
        "episode_id": "e1",
        "show": "The Lantern Hour",
        "title": "The clockmaker's daughter",
        "published": "2026-03-01",
    },
    {
        "episode_id": "e2",
        "show": "The Lantern Hour",
        "title": "Seven ways to lose an anchor",
        "published": "2026-03-08",
    },
]
CARDS: list[dict[str, Any]] = [
    {"card_id": "c2", "title": "Seven Ways to Lose an Anchor", "publisher": "Lantern Hour", "lang": "en"},
    {"card_id": "c1", "title": "Quite another matter", "publisher": "Lantern Hour", "lang": "en"},
]


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text(
        "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8"
    )
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_card_gets_a_line_in_the_order_of_the_cards(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    report = pair_files(write(tmp_path / "e", EPISODES), write(tmp_path / "c", CARDS), out)
    assert (report.paired, report.review, report.none, report.problems) == (1, 0, 1, ())
    first, second = read(out)
    assert list(first) == ["card_id", "episode_id", "decision", "probability", "evidence"]
    assert (first["card_id"], first["episode_id"], first["decision"]) == ("c2", "e2", "paired")
    assert (second["card_id"], second["episode_id"], second["decision"]) == ("c1", None, "none")
    assert first["evidence"][0].keys() == {"comparison", "weight", "words"}


def test_with_many_an_episode_may_have_several_cards(tmp_path: Path) -> None:
    twins = [{**CARDS[0], "card_id": card_id} for card_id in ("a", "b")]
    episodes, cards, out = write(tmp_path / "e", EPISODES), write(tmp_path / "c", twins), tmp_path / "out"
    assert pair_files(episodes, cards, out, many=True).paired == 2
    assert [row["episode_id"] for row in read(out)] == ["e2", "e2"]
    assert pair_files(episodes, cards, out).paired == 0
    assert [row["decision"] for row in read(out)] == ["review", "none"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "the line is not JSON"),
        ("[1]", "holds a JSON array, wanted an object"),
        ('{"title": "x"}', '"card_id" is missing, wanted a text'),
        ('{"card_id": "x", "title": 7}', '"title" is 7, wanted a text'),
        ('{"card_id": "x", "title": "x", "date": "soon"}', "\"date\" is 'soon', wanted a date"),
        ('{"card_id": "x", "title": "x", "topics": "tides"}', "wanted a list of texts"),
        ('{"card_id": "\\ud800", "title": "x"}', "not whole Unicode"),
        ('{"card_id": "c2", "title": "x"}', 'the id "c2" stands in line 1 too'),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(tmp_path: Path, line: str, complaint: str) -> None:
    cards = write(tmp_path / "cards.jsonl", [CARDS[0], line, CARDS[1]])
    report = pair_files(write(tmp_path / "e", EPISODES), cards, tmp_path / "out")
    (problem,) = report.problems
    assert str(problem).startswith(f"{cards}:2: ")
    assert complaint in str(problem)
    assert [row["card_id"] for row in read(tmp_path / "out")] == ["c2", "c1"]


def test_odd_but_whole_lines_are_read(tmp_path: Path) -> None:
    odd = [
        {**CARDS[0], "summary": None, "topics": ["tides"], "date": "2026-03-08T10:00:00Z", "unknown": 1},
        '{"card_id": "c9", "title": "half a \\ud83d face \\u2028 here"}',
        "",
    ]
    cards = tmp_path / "cards.jsonl"
    cards.write_bytes(b"\xef\xbb\xbf" + write(tmp_path / "c", odd).read_bytes().replace(b"\n", b"\r\n"))
    report = pair_files(write(tmp_path / "e", EPISODES), cards, tmp_path / "out")
    assert report.problems == ()
    assert [row["decision"] for row in read(tmp_path / "out")] == ["paired", "none"]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        pair_files(tmp_path / "nothing", write(tmp_path / "c", CARDS), tmp_path / "out")


def test_no_cards_give_an_empty_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = pair_files(write(tmp_path / "e", EPISODES), write(tmp_path / "c", []), out)
    assert (report.paired, out.read_text()) == (0, "")


def test_a_second_run_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    files = write(tmp_path / "e", EPISODES), write(tmp_path / "c", CARDS), tmp_path / "out"
    pair_files(*files)
    before = files[2].stat().st_mtime_ns
    pair_files(*files)
    assert files[2].stat().st_mtime_ns == before
