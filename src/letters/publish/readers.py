"""Links that open a feed where people read or listen: each as that reader documents it, from the feed's address alone.

Feedly, Inoreader, NewsBlur (its own "Goodies" page), The Old Reader (its own tips) and Feedbin take the address as a parameter;
AntennaPod by its documented deep link, Overcast by its documented x-callback-url. ``feed:`` is what NetNewsWire, Reeder and others
register; ``podcast://`` and ``pktc://subscribe/`` stand in place of the address's own scheme.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from letters.publish.content import Reference
from letters.text import Wording

_ENGLISH = Wording()


def _escaped(url: str) -> str:
    return quote(url, safe="")


def _without_scheme(url: str) -> str:
    return url.partition("://")[2]


_READERS: Mapping[str, Callable[[str], str]] = {
    "Feedly": lambda url: f"https://feedly.com/i/subscription/feed%2F{_escaped(url)}",
    "Inoreader": lambda url: f"https://www.inoreader.com/?add_feed={_escaped(url)}",
    "NewsBlur": lambda url: f"https://www.newsblur.com/?url={_escaped(url)}",
    "The Old Reader": lambda url: f"https://theoldreader.com/feeds/subscribe?url={_escaped(url)}",
    "Feedbin": lambda url: f"https://feedbin.com/?subscribe={_escaped(url)}",
}
_PODCAST_APPS: Mapping[str, Callable[[str], str]] = {
    "Apple Podcasts": lambda url: f"podcast://{_without_scheme(url)}",
    "Overcast": lambda url: f"overcast://x-callback-url/add?url={_escaped(url)}",
    "AntennaPod": lambda url: f"https://antennapod.org/deeplink/subscribe?url={_escaped(url)}",
    "Pocket Casts": lambda url: f"pktc://subscribe/{_without_scheme(url)}",
}


def in_readers(url: str, wording: Wording = _ENGLISH) -> list[Reference]:
    """Where a feed at this absolute address can be opened to be read."""
    on_device = Reference(wording.gettext("An app on this device"), f"feed:{url}")
    return [*(Reference(name, link(url)) for name, link in _READERS.items()), on_device]


def in_podcast_apps(url: str) -> list[Reference]:
    """Where a feed with sound can be opened to be heard. These apps want RSS."""
    return [Reference(name, link(url)) for name, link in _PODCAST_APPS.items()]
