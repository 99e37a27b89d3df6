"""Where each published document lives, in the tree and on the web."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

#: Endings and media types of a feed's three formats.
FORMATS = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}

# The namespace that podcast:guid prescribes (Podcasting 2.0, docs/tags/guid.md).
_PODCAST_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses under one base, such as ``https://signal.example``."""

    base: str

    @classmethod
    def of(cls, base_url: str) -> Addresses:
        return cls(base_url.rstrip("/"))

    @property
    def home(self) -> str:
        return f"{self.base}/"

    @property
    def topics(self) -> str:
        """The scheme of topic categories; a topic's key completes it to its page's address."""
        return f"{self.base}/topics/"

    @property
    def audiences(self) -> str:
        """The scheme of audience categories."""
        return f"{self.base}/audiences/"

    def page(self, path: str) -> str:
        """A feed's HTML twin."""
        return f"{self.base}/{path}/"

    def document(self, path: str, form: str) -> str:
        return f"{self.base}/{path}.{form}"

    def card(self, address: str) -> str:
        return f"{self.base}/cards/{address}/"

    def issue(self, edition: str, number: int) -> str:
        return f"{self.base}/issues/{edition}/{number}/"


def feed_guid(url: str) -> str:
    """A feed's UUID: version 5 of its address without scheme and trailing slashes (Podcasting 2.0, ``podcast:guid``)."""
    return str(uuid.uuid5(_PODCAST_NAMESPACE, url.partition("://")[2].rstrip("/") or url.rstrip("/")))
