"""The entries of a well-formed, ordinary document, many times as fast as feedparser and to the same result.

Each element does what it does in feedparser, with its order of precedence; fields bear feedparser's names, and
`letters.watch.parse.episode` makes episodes of either reader's. Whatever is not ordinary raises `OddError`, and feedparser,
the authority, reads that document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from letters.model import Episode
from letters.watch.parse import addresses, texts
from letters.watch.parse.authors import take_author
from letters.watch.parse.entry import Entry
from letters.watch.parse.episode import EpisodeReader
from letters.watch.parse.head import Head, parse_strictly, xml_parser
from letters.watch.parse.names import attributes_of
from letters.watch.parse.podcast import read_podcast_element
from letters.watch.parse.text import text_of
from letters.watch.parse.values import OddError, Origin

_PARSER = xml_parser(instructions=False)
_CONTENTS = frozenset({"content", "content_encoded", "fullitem", "body", "xhtml_body", "source"})
_PODCAST = frozenset(
    f"podcast_{name}" for name in ("person", "transcript", "chapters", "season", "episode", "liveitem")
)


def read_entries(head: Head, slices: Iterable[str], origin: Origin) -> list[Episode]:
    """The episodes of entries that `split` cut, in order. Raises `OddError`."""
    frame = parse_strictly(f"{head.frame}{''.join(slices)}</letters>", _PARSER)
    reader = EpisodeReader(
        origin=origin, show=origin.show or head.title, language=head.language, is_atom=head.is_atom
    )
    return [_read(element, head, reader, origin) for element in frame]


def _read(element: Any, head: Head, reader: EpisodeReader, origin: Origin) -> Episode:
    entry = Entry(head, origin)
    if element.attrib:
        attributes = attributes_of(element)
        if "href" in attributes or "lastmod" in attributes:
            raise OddError("an entry of CDF")
        entry.base, entry.lang = entry.surroundings(attributes)
        if about := attributes.get("rdf:about"):
            entry.fields["id"] = about
    _take_children(entry, element, 1)
    # The channel's persons stand in where an item names none (podcast namespace, "person").
    entry.podcast.persons = entry.podcast.persons or list(head.persons)
    return reader.read(entry.fields, entry.podcast.made())


def _take_children(entry: Entry, element: Any, depth: int) -> None:
    for child in element:
        name = entry.names.of(child)
        take = _ELEMENTS.get(name)
        if take is not None:
            take(entry, child, depth)
        elif name.startswith("podcast_"):
            read_podcast_element(name, child, entry.podcast, base=entry.address)
        elif len(child) and not _is_plain(entry, child):
            raise OddError(f"what is in {name}")


def _is_plain(entry: Entry, holder: Any) -> bool:
    """Whether all in an element we do not know is unknown too; feedparser takes it for the entry's own."""
    names = {entry.names.of(one) for one in holder.iterdescendants()}
    return names.isdisjoint(_ELEMENTS) and names.isdisjoint(_PODCAST)


def _take_group(entry: Entry, element: Any, depth: int) -> None:
    strangers = {name for one in element if not (name := entry.names.of(one)).startswith("media_")}
    if not strangers.isdisjoint(_ELEMENTS):
        raise OddError("more than media in a group of media")
    _take_children(entry, element, depth + 1)


def _take_media(entry: Entry, element: Any, depth: int) -> None:
    entry.fields.setdefault("media_content", []).append(attributes_of(element))
    _take_group(entry, element, depth)


def _take_source(entry: Entry, element: Any, depth: int) -> None:
    """Where the entry was taken from: its title frees the way for another one of the entry."""
    entry.title_depth = -1
    for child in element:
        name = entry.names.of(child)
        if name in {"title", "dc_title"} and text_of(child):
            entry.title_depth = depth + 1
        elif name in _CONTENTS or name in _PODCAST:
            raise OddError("more than a name in a source")


def _pass_over(entry: Entry, element: Any, _depth: int) -> None:
    """Of the publisher, or of somebody who contributed; no author."""
    if len(element) and not _is_plain(entry, element):
        raise OddError("an unusual contributor")


def _give_up(_entry: Entry, element: Any, _depth: int) -> None:
    raise OddError(f"{element.tag} in an entry")


def _take_image(entry: Entry, element: Any, depth: int) -> None:
    """RSS has it for channels only; alone it means nothing, and with a title in it feedparser is confused."""
    if len(element):
        _give_up(entry, element, depth)


_Take = Callable[[Entry, Any, int], None]


def _each(take: _Take, names: str) -> dict[str, _Take]:
    return dict.fromkeys(names.split(), take)


_ELEMENTS: dict[str, _Take] = {
    **_each(texts.take_title, "title dc_title"),
    **_each(texts.take_media_title, "media_title"),
    **_each(texts.take_description, "description dc_description media_description"),
    **_each(texts.take_summary, "summary itunes_summary"),
    **_each(texts.take_content, "content"),
    **_each(texts.take_encoded, "content_encoded fullitem"),
    **_each(texts.take_subtitle, "subtitle tagline itunes_subtitle"),
    **_each(texts.take_words, "itunes_title itunes_duration itunes_season itunes_episode"),
    **_each(texts.take_published, "published issued pubdate dcterms_issued"),
    **_each(texts.take_updated, "updated modified lastbuilddate dc_date dcterms_modified"),
    **_each(texts.take_created, "created dcterms_created"),
    **_each(addresses.take_guid, "guid id"),
    **_each(addresses.take_link, "link"),
    **_each(addresses.take_enclosure, "enclosure"),
    **_each(addresses.take_itunes_image, "itunes_image itunes_link"),
    **_each(addresses.take_thumbnail, "media_thumbnail"),
    **_each(take_author, "author dc_author dc_creator itunes_author managingeditor"),
    **_each(_take_group, "media_group"),
    **_each(_take_media, "media_content"),
    **_each(_take_source, "source"),
    **_each(_take_image, "image"),
    **_each(_pass_over, "contributor dc_contributor itunes_owner webmaster dc_publisher"),
    **_each(_give_up, "body xhtml_body textinput item entry rss channel feed rdf_rdf abstract tags"),
}
