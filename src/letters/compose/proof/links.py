"""The links of a mail: where they lead, what they are called, and whether the text part has them too. Pure."""

from __future__ import annotations

import html
import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from letters.errors import Problem
from letters.model import MARK_HOST

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLink:
    """An address that the HTML part leads to, once for all links that lead there."""

    url: str
    #: What its links are called, each once.
    names: tuple[str, ...]
    is_in_text: bool

    @property
    def is_personal(self) -> bool:
        """Stands for a recipient's own address, which a preview has none of."""
        return urlsplit(self.url).hostname == MARK_HOST

    @property
    def is_web(self) -> bool:
        return self.url.lower().startswith(("http://", "https://"))


def links_of(tree: Any, text: str) -> list[MailLink]:
    """Where the links of a parsed mail lead, in the order in which they come."""
    names: dict[str, dict[str, None]] = {}
    for element in tree.iter("a"):
        if (url := element.get("href")) is not None:
            names.setdefault(url.strip(), {}).setdefault(_name(element))
    return [
        MailLink(url=url, names=tuple(found), is_in_text=html.unescape(url) in text)
        for url, found in names.items()
    ]


def check_links(links: Collection[MailLink], text: str) -> list[Problem]:
    """Links without words or without a whole address, and those that readers of the text part would miss (R16)."""
    problems = [problem for link in links for problem in _check(link)]
    wanted = [link.url for link in links if not link.url.startswith("#")]
    missing = [link.url for link in links if not link.is_in_text and link.url in wanted]
    if missing and text.strip():
        shown = ", ".join(missing[:_SHOWN]) + (
            f" and {len(missing) - _SHOWN} more" if missing[_SHOWN:] else ""
        )
        problems.append(
            Problem(
                where="text", what=f"lacks links that the HTML has: {shown}", remedy="name them there too"
            )
        )
    return problems


def check_alternatives(html_part: str, text: str) -> list[Problem]:
    """A mail has both parts, and both say something (R16)."""
    parts = (("html", html_part, "email/issue.mjml"), ("text", text, "text/issue.txt"))
    return [
        Problem(where=name, what="the part is empty", remedy=f"see the template {template}")
        for name, part, template in parts
        if not part.strip()
    ]


def _check(link: MailLink) -> list[Problem]:
    found: list[tuple[str, str, bool]] = []
    where = f'the link to "{link.url[:120]}"'
    if not all(link.names):
        found.append((f"{where} has no words", "say where it leads, or give its picture an alt", False))
    if link.is_web:
        if not _host(link.url):
            found.append((f"{where} names no host", "give the whole address", False))
        elif _is_local(_host(link.url)):
            found.append(
                (
                    f"{where} leads to a machine that readers cannot reach",
                    "see site.base_url in config/letters.toml",
                    False,
                )
            )
        elif link.url.lower().startswith("http://"):
            found.append((f"{where} is not encrypted", "use https if the place has it", True))
    elif not re.match(r"mailto:[^@\s]+@|#.", link.url, re.IGNORECASE):
        found.append((f"{where} is no whole address", "begin it with https://", False))
    return [
        Problem(where="html", what=what, remedy=remedy, is_notice=notice) for what, remedy, notice in found
    ]


def _name(element: Any) -> str:
    pictures = " ".join(image.get("alt") or "" for image in element.iter("img"))
    words = f"{element.text_content()} {pictures}".split()
    return " ".join(words) or (element.get("aria-label") or "").strip()


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host
