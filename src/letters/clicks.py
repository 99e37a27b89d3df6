"""Click counts that know no reader: which links of a mail are counted, and which requests are a person's; pure.

A counted link leads to ``/to/TOKEN`` on the site. The token names an issue and the place of a link in that issue's list, nothing of
whoever got the mail, and it leads nowhere but to the address in that list (``docs/decisions/131-what-a-click-count-knows.md``).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from letters.model import PersonalLink

#: No mail is read in less after the first of its issue left; scanners of mail follow links at once.
TOO_SOON = timedelta(seconds=60)

# Only links that a person can follow: no style sheet, no picture. Outlook's buttons are in VML. Addresses beyond ASCII, or with spaces,
# cannot stand in the header of a redirect as they are, and stay as they are.
_LINK = re.compile(r'(<(?:a|v:roundrect)\b[^<>]*?\shref=")(https?://[!#-~]+)(")', re.IGNORECASE)

#: Headers by which browsers and programs say that nobody has clicked yet.
_AHEAD_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_AHEAD = re.compile("prefetch|prerender|preview", re.IGNORECASE)

# Programs that say what they are: crawlers, previews in chats, scanners of mail, libraries and tools.
_PROGRAM = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|scan|fetch|monitor|validator|headless|phantomjs|facebookexternalhit|whatsapp|"
    r"proofpoint|barracuda|mimecast|safelinks|trendmicro|symantec|forcepoint|cloudmark|googleimageproxy|yahoomailproxy|"
    r"^(?:curl|wget|python|java|go-http|okhttp|libwww|perl|ruby|php|node|axios|apache-httpclient|httpclient|aiohttp)",
    re.IGNORECASE,
)


def linked_addresses(document: str) -> list[str]:
    """The addresses that a mail's HTML links to, each once, in their order. Personal links are not among them."""
    found = (html.unescape(link[2]) for link in _LINK.finditer(document))
    return list(dict.fromkeys(address for address in found if not _is_personal(address)))


def with_counted_links(document: str, counted: Callable[[str], str]) -> str:
    """The same HTML with each of its `linked_addresses` replaced by what `counted` gives for it."""

    def replaced(link: re.Match[str]) -> str:
        address = html.unescape(link[2])
        return link[0] if _is_personal(address) else link[1] + html.escape(counted(address)) + link[3]

    return _LINK.sub(replaced, document)


def _is_personal(address: str) -> bool:
    # Marks of personal links have the form of addresses.
    return any(mark in address for mark in PersonalLink)


def is_persons(method: str, headers: Mapping[str, str], *, sent_at: datetime | None, now: datetime) -> bool:
    """Whether a request counts as somebody's click. `headers` by names in small letters; `sent_at`: when the issue began to leave.

    Left out are HEAD, requests made ahead of a click, programs that say so or say nothing, and the first minute of an issue.
    """
    if method != "GET" or any(_AHEAD.search(headers.get(name, "")) for name in _AHEAD_HEADERS):
        return False
    agent = headers.get("user-agent", "").strip()
    if not agent or _PROGRAM.search(agent):
        return False
    return sent_at is not None and now - sent_at >= TOO_SOON
