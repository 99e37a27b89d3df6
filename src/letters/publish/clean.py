"""Foreign text as every format can carry it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from letters import text as words

# What RFC 3986 does not allow to stand bare behind the host of an address; a percent sign stays where it escapes.
_BARE = re.compile(r"[^\x21-\x7e]|[\"<>\[\\\]^`{|}]|%(?![0-9A-Fa-f]{2})")
# The outline of a language tag (RFC 5646, section 2.1) with a language of ISO 639; feeds write "en_US", "English" and worse.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_SCHEMES = {"http", "https"}


def clean_text(text: str) -> str:
    """The text without characters that XML cannot carry, with line feeds only."""
    return words.strip_controls(text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_line(text: str) -> str:
    """The text as one line with single spaces, for titles and names."""
    return words.one_line(text)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a plain text, each as one line."""
    return [line for part in words.paragraphs(clean_text(text)) if (line := words.one_line(part))]


def lines(items: Iterable[str]) -> list[str]:
    """The items of a list, each as one line; empty ones are none."""
    return [line for line in map(clean_line, items) if line]


def web_address(url: str) -> str:
    """The address as RFC 3986 wants it, if it is an absolute one of the web; else nothing.

    Without a name or password: what is published cannot be taken back.
    """
    try:
        parts = urlsplit(clean_line(url))
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode()
    except ValueError:  # a malformed IPv6 address or port, or a name that IDNA refuses
        return ""
    if parts.scheme not in _SCHEMES or not host:
        return ""
    if not parts.netloc.isascii():
        parts = parts._replace(netloc=f"{host}{f':{port}' if port else ''}")
    parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    origin = f"{parts.scheme}://{parts.netloc}"
    path, has_fragment, fragment = parts.geturl().removeprefix(origin).partition("#")
    behind = path + has_fragment + fragment.replace("#", "%23")
    return origin + _BARE.sub(lambda found: quote(found.group(), safe=""), behind)


def language_tag(text: str) -> str:
    """The tag if it has the form of one, else nothing."""
    tag = clean_line(text).replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else ""
