"""What pages say of themselves to machines: Open Graph for previews, schema.org for search.

Open Graph: https://ogp.me; schema.org as JSON-LD 1.1. All addresses are absolute.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from letters.model import Audience, Entry, Topic
from letters.publish.addresses import Addresses
from letters.publish.assemble import whole_seconds
from letters.publish.cast import make_media
from letters.publish.clean import clean_line, language_tag, paragraphs, web_address
from letters.publish.content import original_of, shorten, show_of, summarise, title_of, verb_of
from letters.publish.items import Document
from letters.settings.types import SiteSettings

_Thing = dict[str, Any]
#: By what one does with it, what an original is.
_ORIGINALS = {"Listen": "PodcastEpisode", "Watch": "VideoObject", "Read": "Article"}
# Within a script element nothing may look like its end, or like the start of a comment (HTML, section 13.2.5.4).
_HARMLESS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The contents of a page's head that no person sees."""

    #: Open Graph: property and content.
    properties: Sequence[tuple[str, str]]
    #: JSON-LD that may stand within a script element.
    linked_data: Markup


class Publication:
    """Who publishes, and how its pages speak of themselves."""

    def __init__(self, site: SiteSettings) -> None:
        self._addresses = Addresses.of(site.base_url)
        self._name, self._language = clean_line(site.title), site.language
        self._description = clean_line(site.description)
        self._icon, self._image = web_address(site.icon), web_address(site.image)

    def of_card(self, entry: Entry) -> Metadata:
        """An article that is based on an episode."""
        url, title = self._addresses.card(entry.address), title_of(entry)
        description = shorten(" ".join(summarise(entry).split()))
        published, updated = _time(entry.published), _time(entry.updated_at)
        image = web_address(entry.episode.image) or self._image
        curator = clean_line(entry.card.credit.curator) if entry.card else ""
        card = {
            "@type": "Article",
            "@id": url,
            "url": url,
            "mainEntityOfPage": url,
            "headline": title,
            "description": description,
            "abstract": " ".join(paragraphs(entry.card.takeaway)) if entry.card else "",
            "inLanguage": language_tag(entry.card.language if entry.card else "") or self._language,
            "datePublished": published,
            "dateModified": max(published, updated),
            "author": {"@type": "Organization", "name": curator} if curator else self._organization(),
            "publisher": self._organization(),
            "image": image,
            "about": [self._topic(topic) for topic in entry.topics],
            "audience": [self._audience(audience) for audience in entry.audiences],
            "isBasedOn": _original(entry),
            "isPartOf": self._website(),
        }
        properties = [
            *self._preview("article", title=title, url=url, description=description, image=image),
            ("article:published_time", published),
            ("article:modified_time", max(published, updated)),
            *(("article:tag", clean_line(topic.name)) for topic in entry.topics),
        ]
        return _metadata(properties, card)

    def of_feed(
        self,
        document: Document,
        newest: Sequence[tuple[str, str]],
        *,
        topic: Topic | None = None,
        audience: Audience | None = None,
    ) -> Metadata:
        """A collection; `newest` are titles and absolute addresses."""
        title, description = document.title, document.description
        collection = {
            "@type": "CollectionPage",
            "@id": document.page,
            "url": document.page,
            "name": title,
            "description": description,
            "inLanguage": self._language,
            "isPartOf": self._website(),
            "publisher": self._organization(),
            "about": self._topic(topic) if topic else None,
            "audience": self._audience(audience) if audience else None,
            "mainEntity": _list(newest),
        }
        return _metadata(
            self._preview("website", title=title, url=document.page, description=description), collection
        )

    def of_home(self) -> Metadata:
        """The whole site."""
        site = {
            **self._website(),
            "description": self._description,
            "inLanguage": self._language,
            "publisher": self._organization(),
        }
        url = self._addresses.home
        return _metadata(
            self._preview("website", title=self._name, url=url, description=self._description), site
        )

    def of_list(self, name: str, url: str, places: Sequence[tuple[str, str]]) -> Metadata:
        """A page that lists others, by name and absolute address."""
        page = {
            "@type": "CollectionPage",
            "@id": url,
            "url": url,
            "name": name,
            "inLanguage": self._language,
            "isPartOf": self._website(),
            "mainEntity": _list(places),
        }
        return _metadata(self._preview("website", title=name, url=url), page)

    def of_issue(
        self, *, title: str, url: str, description: str, edition: str, edition_url: str, sent: datetime
    ) -> Metadata:
        """An issue of a newsletter."""
        issue = {
            "@type": "Article",
            "@id": url,
            "url": url,
            "headline": title,
            "description": description,
            "datePublished": _time(sent),
            "author": self._organization(),
            "publisher": self._organization(),
            "image": self._image,
            "isPartOf": {"@type": "Periodical", "@id": edition_url, "url": edition_url, "name": edition},
        }
        properties = [
            *self._preview("article", title=title, url=url, description=description),
            ("article:published_time", _time(sent)),
        ]
        return _metadata(properties, issue)

    def _preview(
        self, kind: str, *, title: str, url: str, description: str = "", image: str = ""
    ) -> list[tuple[str, str]]:
        return [
            ("og:type", kind),
            ("og:title", title),
            ("og:url", url),
            ("og:description", description),
            ("og:site_name", self._name),
            ("og:image", image or self._image),
        ]

    def _website(self) -> _Thing:
        home = self._addresses.home
        return {"@type": "WebSite", "@id": home, "url": home, "name": self._name}

    def _organization(self) -> _Thing:
        return {
            "@type": "Organization",
            "name": self._name,
            "url": self._addresses.home,
            "logo": self._icon,
        }

    def _topic(self, topic: Topic) -> _Thing:
        return {"@type": "Thing", "name": clean_line(topic.name) or topic.key}

    def _audience(self, audience: Audience) -> _Thing:
        return {"@type": "Audience", "audienceType": clean_line(audience.name) or audience.key}


def _original(entry: Entry) -> _Thing | None:
    url, show = original_of(entry), show_of(entry)
    title = clean_line(entry.episode.title)
    if not url and not title:
        return None
    kind = _ORIGINALS[verb_of(entry)]
    media = make_media(entry.episode)
    original: _Thing = {
        "@type": kind,
        "url": url,
        "name": title,
        "datePublished": _time(entry.episode.published),
    }
    if kind == "PodcastEpisode":
        original["partOfSeries"] = {"@type": "PodcastSeries", "name": show} if show else None
        original["associatedMedia"] = {"@type": "MediaObject", "contentUrl": media.url} if media else None
    elif show:
        original["publisher"] = {"@type": "Organization", "name": show}
    if kind != "Article":
        original["duration"] = _duration(entry.episode.duration)
    return original


def _list(lines: Sequence[tuple[str, str]]) -> _Thing:
    return {
        "@type": "ItemList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "url": url}
            for place, (name, url) in enumerate(lines, start=1)
        ],
    }


def _time(moment: datetime | None) -> str:
    return whole_seconds(moment).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _duration(length: timedelta | None) -> str:
    """ISO 8601, as schema.org wants durations."""
    return f"PT{int(length.total_seconds())}S" if length and length > timedelta() else ""


def _metadata(properties: Sequence[tuple[str, str]], thing: Mapping[str, Any]) -> Metadata:
    data = json.dumps({"@context": "https://schema.org", **_filled(thing)}, ensure_ascii=False)
    # Nothing in it can end the script element; in HTML's own escapes it would be no JSON.
    harmless = Markup(data.translate(_HARMLESS))  # noqa: S704
    return Metadata(properties=[one for one in properties if one[1]], linked_data=harmless)


def _filled(value: Any) -> Any:
    """Without what is empty."""
    if isinstance(value, Mapping):
        filled = ((name, _filled(one)) for name, one in value.items())
        return {name: one for name, one in filled if one not in ("", None, [], {})}
    return [_filled(one) for one in value] if isinstance(value, list) else value
