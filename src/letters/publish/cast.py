"""What an episode carries beside its sound, clean enough to be published: people, transcripts, chapters, the media file."""

from __future__ import annotations

from collections.abc import Sequence

from letters.model import Chapters, Episode, Person, Transcript
from letters.publish.clean import clean_line, language_tag, web_address
from letters.publish.items import Media
from letters.publish.media import is_media_type, media_type

_CAPTIONS = "captions"
# The longest that Podcasting 2.0 lets a person's name be.
_LONGEST_NAME = 128


def make_media(episode: Episode) -> Media | None:
    """The first media file that can be reached by an address of the web."""
    for one in episode.enclosures:
        if url := web_address(one.url):
            return Media(url=url, type=media_type(one), length_bytes=max(one.length_bytes or 0, 0))
    return None


def make_people(people: Sequence[Person]) -> tuple[Person, ...]:
    """Those who have a name, each once in a role."""
    clean = (
        Person(
            name=clean_line(one.name)[:_LONGEST_NAME].rstrip(),
            role=clean_line(one.role).lower(),
            url=web_address(one.url),
            image=web_address(one.image),
        )
        for one in people
    )
    return tuple({(one.name, one.role): one for one in clean if one.name}.values())


def make_transcripts(transcripts: Sequence[Transcript]) -> tuple[Transcript, ...]:
    """Those that can be reached; ``captions`` is the one relation that the specification knows."""
    clean = (
        Transcript(
            url=web_address(one.url),
            type=_type_or(one.type, "text/plain"),
            language=language_tag(one.language),
            rel=_CAPTIONS if clean_line(one.rel).lower() == _CAPTIONS else "",
        )
        for one in transcripts
    )
    return tuple(one for one in clean if one.url)


def make_chapters(chapters: Chapters | None) -> Chapters | None:
    url = web_address(chapters.url) if chapters else ""
    if not chapters or not url:
        return None
    return Chapters(url=url, type=_type_or(chapters.type, "application/json+chapters"))


def _type_or(text: str, otherwise: str) -> str:
    kind = clean_line(text)
    return kind if is_media_type(kind) else otherwise
