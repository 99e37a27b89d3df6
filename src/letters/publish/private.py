"""Private feeds: a reader's topics and audiences as one feed, at an address that is theirs alone.

Nothing of it lies in the tree. Readers who chose the same share a document but for two marks near its beginning, where each one's own
address and identifier go; so ten thousand of them cost one document and ten thousand small insertions.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from letters.model import Audience, Choice, Feed, Topic
from letters.publish.addresses import Addresses
from letters.publish.assemble import make_document, make_item
from letters.publish.clean import clean_line
from letters.publish.content import Surroundings
from letters.publish.edge import load_names
from letters.publish.imprint import Imprint
from letters.publish.items import Document, Item
from letters.publish.press import WRITERS
from letters.publish.reading import Reading
from letters.publish.selection import ALL, Names
from letters.settings import Settings
from letters.store import Store
from letters.store.feeds import StoredFeed
from letters.store.private_feeds import newest_published
from letters.text import Wording, Wordings

FOLDER = "private"

# Of our own making (a random UUID), so that the identifier moves neither with the host nor with the feed's address.
_NAMESPACE = uuid.UUID("ba80501e-3591-4f48-8a38-4eebedc6ebdd")
#: Entries whose renderings are kept while the collection stays as it is: some thirty megabytes.
_KEPT_ITEMS = 3_000


def private_guid(uid: str) -> str:
    """The identity of a reader's feed: version 5 of their uid. The same in all formats, and after the address was replaced."""
    return str(uuid.uuid5(_NAMESPACE, uid))


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDocument:
    """A document as all readers of one choice share it: a beginning with marks for what is personal, and the rest."""

    beginning: bytes
    rest: bytes
    token_mark: bytes
    guid_mark: bytes

    def beginning_for(self, *, token: str, uid: str) -> bytes:
        """The beginning as one reader gets it. A token needs no escaping: `links` makes it of URL-safe characters."""
        own = self.beginning.replace(self.token_mark, token.encode())
        return own.replace(self.guid_mark, private_guid(uid).encode())


class PrivatePress:
    """Makes the documents of private feeds by one version of the settings and one state of the collection.

    Used by one thread at a time. `overrides` is the workspace's folder of templates, where its own catalogues lie.
    """

    def __init__(self, store: Store, settings: Settings, *, overrides: Path | None = None) -> None:
        self._store, self._settings = store, settings
        self._reading = Reading(store, size=settings.publish.entries)
        self._wording = Wordings(overrides).of(settings.site.language)
        self._publication = clean_line(settings.site.title)
        self._addresses = Addresses.of(settings.site.base_url)
        # Changes are announced to a hub by the feed's address, and this one's nobody is to hear of.
        self._imprint = replace(Imprint.of(settings), hub="", locked=True)
        with store.read() as c:
            self._names = load_names(c, settings)
        self._around = Surroundings(
            addresses=self._addresses,
            paths=self._names.linked(undeclared=settings.publish.undeclared),
            cards=self._reading.addresses,
            wording=self._wording,
        )
        self._item = lru_cache(_KEPT_ITEMS)(self._make_item)
        self._written = lru_cache(_KEPT_ITEMS)(self._write_item)

    def write(self, choice: Choice, form: str) -> SharedDocument | None:
        """The document for a choice in one of the `FORMATS`; None while nothing has ever been published."""
        everything = self._reading.feeds([ALL]).get(ALL)
        if everything is None:
            return None
        items = self._items(choice)
        # Made anew each time, so that no text of an entry can hold one.
        token_mark, guid_mark = secrets.token_hex(20), str(uuid.uuid4())
        document = self._document(
            choice, items, replace(everything, guid=guid_mark), path=f"{FOLDER}/{token_mark}"
        )
        content = WRITERS[form].write(document, [self._written(form, item) for item in items])
        last = max(content.rfind(mark.encode()) + len(mark) for mark in (token_mark, guid_mark))
        return SharedDocument(
            beginning=content[:last],
            rest=content[last:],
            token_mark=token_mark.encode(),
            guid_mark=guid_mark.encode(),
        )

    def _items(self, choice: Choice) -> Sequence[Item]:
        with self._store.read() as c:
            ids = newest_published(c, choice, size=self._settings.publish.entries)
        # What changed between the two looks is judged as it is now.
        return [self._item(entry.id) for entry in self._reading.entries(ids) if choice.lets_in(entry)]

    def _make_item(self, entry_id: str) -> Item:
        (entry,) = self._reading.entries([entry_id])
        return make_item(entry, self._around, publication=self._publication, imprint=self._imprint)

    def _write_item(self, form: str, item: Item) -> Any:
        return WRITERS[form].render_item(item)

    def _document(self, choice: Choice, items: Sequence[Item], stored: StoredFeed, *, path: str) -> Document:
        document = make_document(
            Feed(
                path=path,
                title=self._wording.gettext("%(publication)s, for you", publication=self._publication),
                description=describe_choice(choice, self._names, self._wording),
            ),
            stored,
            items,
            addresses=self._addresses,
            publication=self._publication,
            language=self._settings.site.language,
            imprint=self._imprint,
        )
        # The feed has no page of its own; the publication's is public, and tells nothing of the reader.
        return replace(document, page=self._addresses.home, is_private=True)


def describe_choice(choice: Choice, names: Names, wording: Wording) -> str:
    """What the feed holds, in a sentence; keys that nobody knows any more are shown as they are."""
    gettext = wording.gettext
    topics = wording.alternatives(_names(choice.topics, names.topics))
    audiences = wording.alternatives(_names(choice.audiences, names.audiences))
    if topics and audiences:
        return gettext(
            "Summaries and takeaways on %(topics)s, best for %(audiences)s, each with its episode.",
            topics=topics,
            audiences=audiences,
        )
    if topics:
        return gettext("Summaries and takeaways on %(topics)s, each with its episode.", topics=topics)
    if audiences:
        return gettext(
            "Summaries and takeaways, best for %(audiences)s, each with its episode.", audiences=audiences
        )
    return gettext("Summaries and takeaways, each with its episode.")


def _names(keys: Collection[str], known: Mapping[str, Topic] | Mapping[str, Audience]) -> list[str]:
    return sorted(clean_line(known[key].name) if key in known else key for key in keys)
