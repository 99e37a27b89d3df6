"""YouTube's feeds: of a channel, and of a playlist. Pure.

A channel's id and a playlist's are in the feed's address. Handles and names stand for a channel that only the page states.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

_FEED = "https://www.youtube.com/feeds/videos.xml"
_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com"}
_CHANNEL = re.compile(r"UC[\w-]{22}")
_CHANNEL_PATH = re.compile(r"/channel/(UC[\w-]{22})(?:/|$)")
_PLAYLIST = re.compile(r"[\w-]{10,60}")
# Of the lists that a video may be watched in only these have a feed; others are made up for each viewer.
_LASTING_PLAYLIST = re.compile(r"(?:PL|UU|FL|OL)[\w-]{8,60}")


def is_youtube(url: str) -> bool:
    """Whether the address is one of YouTube's pages."""
    try:
        return (urlsplit(url).hostname or "") in _HOSTS
    except ValueError:
        return False


def feed_of(url: str) -> str:
    """The feed of a channel's or a playlist's page, from its address alone; empty for all others."""
    if not is_youtube(url):
        return ""
    parts = urlsplit(url)
    if channel := _CHANNEL_PATH.match(parts.path):
        return f"{_FEED}?channel_id={channel[1]}"
    playlist = parse_qs(parts.query).get("list", [""])[0]
    if parts.path.rstrip("/") == "/playlist" and _PLAYLIST.fullmatch(playlist):
        return f"{_FEED}?playlist_id={playlist}"
    if parts.path.rstrip("/") == "/watch" and _LASTING_PLAYLIST.fullmatch(playlist):
        return f"{_FEED}?playlist_id={playlist}"
    return ""


def feed_stated(links: Iterable[Mapping[str, str]], metas: Iterable[Mapping[str, str]], *, url: str) -> str:
    """The feed of the channel that a page says it is of: by its canonical link, else by its ``itemprop`` data."""
    for link in links:
        if "canonical" in link.get("rel", "").lower().split() and (feed := feed_of(link.get("href", ""))):
            return feed
    if not is_youtube(url):
        return ""
    for meta in metas:
        is_channel = meta.get("itemprop", "").lower() in {"channelid", "identifier"}
        content = meta.get("content", "").strip()
        if is_channel and _CHANNEL.fullmatch(content):
            return f"{_FEED}?channel_id={content}"
    return ""
