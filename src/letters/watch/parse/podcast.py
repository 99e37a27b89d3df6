"""The Podcasting 2.0 elements: persons, transcripts, chapters, season, episode."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from letters.model import Chapters, Person, Transcript
from letters.watch.parse.people import make_person
from letters.watch.parse.words import language_tag, line, web_url, whole_number

_MOST = 50


@dataclass(frozen=True, slots=True)
class PodcastItem:
    """What one item says in the podcast namespace."""

    persons: tuple[Person, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    chapters: Chapters | None = None
    season: int | None = None
    number: int | None = None


@dataclass(slots=True)
class PodcastDraft:
    """What was read of an item, or of the channel, so far."""

    persons: list[Person] = field(default_factory=list)
    transcripts: list[Transcript] = field(default_factory=list)
    chapters: Chapters | None = None
    season: int | None = None
    number: int | None = None

    def made(self) -> PodcastItem:
        """The item, with no more of anything than an episode can have."""
        persons, transcripts = tuple(self.persons[:_MOST]), tuple(self.transcripts[:_MOST])
        return PodcastItem(persons, transcripts, self.chapters, self.season, self.number)


def read_podcast_element(name: str, element: Any, draft: PodcastDraft, *, base: str) -> None:
    """Note what one element of the namespace says; `name` is ``podcast_person`` and the like."""
    match name:
        case "podcast_person":
            person = make_person(
                element.text,
                role=element.get("role") or "host",
                url=element.get("href"),
                image=element.get("img"),
                base=base,
            )
            draft.persons += [person] if person is not None else []
        case "podcast_transcript":
            draft.transcripts += _transcript(element, base)
        case "podcast_chapters":
            url = web_url(element.get("url"), base=base)
            kind = line(element.get("type"), longest=100) or "application/json+chapters"
            draft.chapters = Chapters(url=url, type=kind) if url else None
        case "podcast_season":
            draft.season = whole_number(element.text)
        case "podcast_episode":
            draft.number = whole_number(element.text)


def _transcript(element: Any, base: str) -> list[Transcript]:
    url = web_url(element.get("url"), base=base)
    if not url:
        return []
    kind, language = line(element.get("type"), longest=100), language_tag(element.get("language"))
    return [Transcript(url=url, type=kind, language=language, rel=line(element.get("rel"), longest=50))]
