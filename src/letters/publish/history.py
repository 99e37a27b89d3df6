"""A feed's history as pages that never change (RFC 5005 section 4), and what each document of it links to.

Page 1 holds the entries that joined first. A full page is an archive document. Behind the newest full page stands an open one,
which is not: it holds what is on no full page yet, so that a full page can link to its successor from its first day on and keep its
bytes. Readers go back from the current document by `prev-archive`, and never come to the open page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from letters.publish.addresses import FORMATS, Addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where a document of a feed leads, by format; empty where there is nothing."""

    archive: bool = False
    current: Mapping[str, str] = field(default_factory=dict)
    prev_archive: Mapping[str, str] = field(default_factory=dict)
    next_archive: Mapping[str, str] = field(default_factory=dict)


def page_path(path: str, number: int) -> str:
    """Where a page of a feed's history is, from the root and without its ending."""
    return f"archive/{path}/{number}"


def current_links(path: str, *, pages: int, addresses: Addresses) -> Links:
    """Of the feed's own document, when so many pages are full."""
    return Links(prev_archive=_page(path, pages, addresses))


def page_links(path: str, number: int, *, pages: int, addresses: Addresses) -> Links:
    """Of a page: full up to the number `pages`, and open behind that."""
    return Links(
        archive=number <= pages,
        current=_documents(path, addresses),
        prev_archive=_page(path, number - 1, addresses),
        next_archive=_page(path, number + 1, addresses) if number <= pages else {},
    )


def _page(path: str, number: int, addresses: Addresses) -> Mapping[str, str]:
    return _documents(page_path(path, number), addresses) if number > 0 else {}


def _documents(path: str, addresses: Addresses) -> dict[str, str]:
    return {form: addresses.document(path, form) for form in FORMATS}
