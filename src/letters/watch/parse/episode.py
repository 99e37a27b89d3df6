"""An entry's fields, by feedparser's names, into an `Episode`: one set of rules for both readers of XML."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from letters.model import Episode
from letters.watch.parse.dates import from_struct, parse_date, parse_duration
from letters.watch.parse.media import enclosures_of
from letters.watch.parse.people import people_of
from letters.watch.parse.podcast import PodcastItem
from letters.watch.parse.values import Origin
from letters.watch.parse.words import (
    body_text,
    guid_text,
    language_tag,
    looks_like_html,
    title_text,
    web_url,
    whole_number,
)

Fields = dict[str, Any]
_HTML_TYPES = ("text/html", "application/xhtml+xml")


class EpisodeReader:
    """Reads the entries of one document; holds what they have in common."""

    def __init__(self, *, origin: Origin, show: str, language: str, is_atom: bool) -> None:
        self._origin, self._show, self.language, self._is_atom = origin, show, language, is_atom

    def read(self, entry: Fields, podcast: PodcastItem) -> Episode:
        """One entry, with what it says in the podcast namespace; its identity is the guid until others are beside it."""
        guid = guid_text(entry.get("id"))
        base = self._origin.url
        contents = entry.get("media_content") or []
        updated = _date(entry, "updated")
        length = entry.get("itunes_duration") or next((item.get("duration") for item in contents), None)
        season, number = whole_number(entry.get("itunes_season")), whole_number(entry.get("itunes_episode"))
        return Episode(
            source=self._origin.source,
            identity=guid,
            guid=guid,
            link=self._link(entry),
            title=self._title(entry),
            # Atom 0.3 and Dublin Core know other dates; `updated` alone is better than none.
            published=_date(entry, "published") or _date(entry, "created") or updated,
            updated=updated,
            description=self._description(entry),
            duration=parse_duration(length),
            season=podcast.season if season is None else season,
            number=podcast.number if number is None else number,
            image=self._image(entry),
            language=language_tag(_detail(entry, "title").get("language")) or self.language,
            people=people_of(podcast.persons, entry.get("authors") or [], base=base),
            enclosures=enclosures_of(_enclosures(entry), contents, base=base),
            transcripts=podcast.transcripts,
            chapters=podcast.chapters,
            show=self._show,
        )

    def _title(self, entry: Fields) -> str:
        own = entry.get("title") or entry.get("itunes_title")
        return title_text(own, is_html=is_html(entry.get("title_detail"), is_atom=self._is_atom))

    def _link(self, entry: Fields) -> str:
        own = web_url(entry.get("link"), base=self._origin.url)
        if own:
            return own
        others = (item.get("href") for item in entry.get("links") or [] if item.get("rel") == "alternate")
        return next((url for other in others if (url := web_url(other, base=self._origin.url))), "")

    def _description(self, entry: Fields) -> str:
        """The longest text, as plain text."""
        texts = [(item.get("value") or "", item) for item in entry.get("content") or []]
        texts.append((entry.get("summary") or "", _detail(entry, "summary")))
        texts += [(entry.get(name) or "", {}) for name in ("itunes_summary", "subtitle") if entry.get(name)]
        value, detail = max(texts, key=lambda text: len(text[0]))
        is_text = self._is_atom and detail.get("type") == "text/plain"
        is_markup = not is_text and (detail.get("type") in _HTML_TYPES or looks_like_html(value))
        return body_text(value, is_html=is_markup)

    def _image(self, entry: Fields) -> str:
        image = entry.get("image")
        own = image.get("href") if isinstance(image, dict) else None
        thumbnails = (item.get("url") for item in entry.get("media_thumbnail") or [])
        pictures = (
            item.get("url")
            for item in entry.get("media_content") or []
            if item.get("medium") == "image" or str(item.get("type")).startswith("image/")
        )
        found = (web_url(url, base=self._origin.url) for url in (own, *thumbnails, *pictures))
        return next((url for url in found if url), "")


def is_html(detail: object, *, is_atom: bool) -> bool:
    """Whether a title is HTML: in Atom as its type says (RFC 4287 section 3.1.1), in RSS, which is silent, always."""
    kind = detail.get("type") if isinstance(detail, dict) else None
    return kind in _HTML_TYPES if is_atom else True


def _date(entry: Fields, name: str) -> datetime | None:
    # Not entry.get: feedparser answers one date for another there, with a warning.
    parsed = dict.get(entry, f"{name}_parsed")
    return from_struct(parsed) or parse_date(dict.get(entry, name))


def _enclosures(entry: Fields) -> list[Fields]:
    return [item for item in entry.get("links") or [] if item.get("rel") == "enclosure"]


def _detail(entry: Fields, name: str) -> Fields:
    detail = entry.get(f"{name}_detail")
    return detail if isinstance(detail, dict) else {}
