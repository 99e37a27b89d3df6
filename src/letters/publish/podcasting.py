"""What podcast apps look for: Apple's elements and those of Podcasting 2.0, the same in RSS and in Atom.

Apple: https://podcasters.apple.com/support/823-podcast-requirements; Podcasting 2.0: https://podcasting2.org/docs/podcast-namespace.
"""

from __future__ import annotations

from letters.publish import feedgen_border as border
from letters.publish.items import Document, Item

_ITUNES = f"{{{border.ITUNES}}}"
_PODCAST = f"{{{border.PODCAST}}}"
# Of Apple's texts.
_LONGEST = 255


def describe_feed(parent: border.Element, document: Document) -> None:
    """Who answers for the podcast, and on which shelf it stands. Nothing for a feed without media."""
    if not document.has_media:
        return
    border.add(parent, f"{_ITUNES}author", document.author[:_LONGEST].rstrip())
    border.add(parent, f"{_ITUNES}type", "episodic")
    # Of the newer spelling: Apple, and the W3C's validator, once took "no" and "clean".
    border.add(parent, f"{_ITUNES}explicit", "false")
    if document.image:
        border.add(parent, f"{_ITUNES}image", href=document.image)
    if document.owner:
        owner = border.add(parent, f"{_ITUNES}owner")
        border.add(owner, f"{_ITUNES}name", document.owner.name[:_LONGEST].rstrip())
        border.add(owner, f"{_ITUNES}email", document.owner.email)
    shelf = parent
    for name in filter(None, document.podcast_category.split(" > ")):
        shelf = border.add(shelf, f"{_ITUNES}category", text=name)


def claim_feed(channel: border.Element, document: Document) -> None:
    """The feed's own identity, wherever it moves, and whether a host may take it over."""
    border.add(channel, f"{_PODCAST}guid", document.guid)
    owner = document.owner.email if document.owner else ""
    border.add(channel, f"{_PODCAST}locked", "yes" if document.locked else "no", owner=owner)


def hide_feed(parent: border.Element, document: Document) -> None:
    """That no directory may list it: Apple's word, and that of Podcasting 2.0."""
    if document.is_private:
        border.add(parent, f"{_ITUNES}block", "Yes")
        border.add(parent, f"{_PODCAST}block", "yes")


def describe_episode(parent: border.Element, item: Item) -> None:
    """Duration, number, picture, people, transcripts and chapters."""
    if item.media:
        _describe_for_apple(parent, item)
    if item.season and item.season > 0:
        border.add(parent, f"{_PODCAST}season", str(item.season))
    if item.number and item.number > 0:
        border.add(parent, f"{_PODCAST}episode", str(item.number))
    for person in item.people:
        border.add(
            parent, f"{_PODCAST}person", person.name, role=person.role, href=person.url, img=person.image
        )
    for transcript in item.transcripts:
        border.add(
            parent,
            f"{_PODCAST}transcript",
            url=transcript.url,
            type=transcript.type,
            language=transcript.language,
            rel=transcript.rel,
        )
    if item.chapters:
        border.add(parent, f"{_PODCAST}chapters", url=item.chapters.url, type=item.chapters.type)


def _describe_for_apple(parent: border.Element, item: Item) -> None:
    if item.duration:
        border.add(parent, f"{_ITUNES}duration", str(int(item.duration.total_seconds())))
    if item.season and item.season > 0:
        border.add(parent, f"{_ITUNES}season", str(item.season))
    if item.number and item.number > 0:
        border.add(parent, f"{_ITUNES}episode", str(item.number))
    if item.image:
        border.add(parent, f"{_ITUNES}image", href=item.image)
