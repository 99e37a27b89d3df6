"""What publishers leave out of their enclosures: which files have to be asked about, when, and what an answer says.

Pure; `letters.publish.asking` asks. RSS wants an enclosure's length and type, and podcast apps show the one and choose their
player by the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from letters.model import Enclosure, Entry
from letters.net import Answer
from letters.publish.clean import clean_line, web_address
from letters.publish.media import UNKNOWN, is_media_type, type_by_name
from letters.store.enclosures import MediaFile

#: How long to wait after the first, the second … request that came to nothing; after the last of them nothing is asked again.
BACK_OFF = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7))

_TOTAL = re.compile(r"bytes (?:\d+-\d+|\*)/(\d{1,15})", re.IGNORECASE)
# Types that say nothing of a file, and those of the pages that servers send instead of one.
_SAYS_NOTHING = {UNKNOWN, "binary/octet-stream", "application/force-download", "application/x-download"}
_PAGES = {"text/html", "application/xhtml+xml"}
# Refusals of the method or of its manner, not of the file.
_REFUSES_HEAD = {400, 403, 405, 501}


def file_of(enclosures: Sequence[Enclosure]) -> Enclosure | None:
    """The one that is published: the first with an address of the web."""
    return next((one for one in enclosures if web_address(one.url)), None)


def lacks_something(enclosure: Enclosure) -> bool:
    """Whether its length is left out, or its type and the file's name says nothing either."""
    if (enclosure.length_bytes or 0) <= 0:
        return True
    return not (_given_type(enclosure) or type_by_name(enclosure.url))


def _given_type(enclosure: Enclosure) -> str:
    """The publisher's, where it is one and says something."""
    given = clean_line(enclosure.type)
    return given if is_media_type(given) and given not in _SAYS_NOTHING else ""


def is_due(known: MediaFile | None, *, now: datetime) -> bool:
    """Whether to ask: never before, or in vain and long enough ago. What a server once said is not asked for again."""
    if known is None:
        return True
    if not 0 < known.failures <= len(BACK_OFF):
        return False
    return now >= known.asked_at + BACK_OFF[known.failures - 1]


def is_given_up(known: MediaFile) -> bool:
    return known.failures > len(BACK_OFF)


def files_to_ask(
    incomplete: Iterable[Sequence[Enclosure]], known: Mapping[str, MediaFile], *, now: datetime
) -> Iterator[str]:
    """The addresses to ask, each once, in the order of the episodes."""
    seen = set()
    for enclosures in incomplete:
        file = file_of(enclosures)
        url = web_address(file.url) if file else ""
        if file and url not in seen and lacks_something(file) and is_due(known.get(url), now=now):
            seen.add(url)
            yield url


def refuses_head(answer: Answer) -> bool:
    """Whether the same is to be asked by GET: the method was refused, or the length was not told."""
    return answer.status in _REFUSES_HEAD or (_is_success(answer) and length_in(answer) is None)


def read_answer(url: str, answer: Answer, *, now: datetime) -> MediaFile | None:
    """What an answer says of the file; None when it is no answer about one: an error, or a page in its place."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not _is_success(answer) or kind in _PAGES:
        return None
    known = kind if is_media_type(kind) and kind not in _SAYS_NOTHING else ""
    return MediaFile(url=url, length_bytes=length_in(answer), type=known, asked_at=now)


def _is_success(answer: Answer) -> bool:
    return answer.status in {200, 206}


def length_in(answer: Answer) -> int | None:
    """The whole file's length in bytes; None where the answer does not tell."""
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        return None
    if answer.status == 206:
        total = _TOTAL.fullmatch(answer.headers.get("Content-Range", "").strip())
        return (int(total[1]) or None) if total else None
    length = answer.headers.get("Content-Length", "").strip()
    is_length = length.isascii() and length.isdecimal() and len(length) <= 15
    return (int(length) or None) if is_length else None


def failed_again(url: str, known: MediaFile | None, *, now: datetime) -> MediaFile:
    """The same file after one more request that came to nothing."""
    return MediaFile(url=url, asked_at=now, failures=(known.failures if known else 0) + 1)


def fill_in(entries: Iterable[Entry], known: Mapping[str, MediaFile]) -> list[Entry]:
    """The entries with what servers said of their files, where their publishers left it out; nothing else changes."""
    return [_filled(entry, known) for entry in entries] if known else list(entries)


def _filled(entry: Entry, known: Mapping[str, MediaFile]) -> Entry:
    if not any(lacks_something(one) and web_address(one.url) in known for one in entry.episode.enclosures):
        return entry
    enclosures = tuple(_complete(one, known.get(web_address(one.url))) for one in entry.episode.enclosures)
    return replace(entry, episode=replace(entry.episode, enclosures=enclosures))


def _complete(enclosure: Enclosure, known: MediaFile | None) -> Enclosure:
    if known is None or not lacks_something(enclosure):
        return enclosure
    has_length = (enclosure.length_bytes or 0) > 0
    return replace(
        enclosure,
        type=_given_type(enclosure) or known.type or enclosure.type,
        length_bytes=enclosure.length_bytes if has_length else known.length_bytes,
    )
