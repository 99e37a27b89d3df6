"""The pages of cards and issues: which have to be written, and what each shows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from letters.model import Entry, Issue
from letters.publish.addresses import Addresses
from letters.publish.catalogue import Feeds
from letters.publish.clean import clean_line
from letters.publish.content import Reference, Surroundings, related_references, title_of
from letters.publish.issue_page import as_page
from letters.publish.metadata import Publication
from letters.publish.pages import (
    IssuePage,
    Pages,
    make_card_page,
)
from letters.publish.reading import Reading
from letters.publish.record import Scope
from letters.publish.selection import Names, edition_path
from letters.publish.tree import Target
from letters.settings import Settings
from letters.text import strip_controls


class Site:
    """Makes the pages of cards and issues."""

    def __init__(
        self, reading: Reading, names: Names, settings: Settings, feeds: Feeds, *, pages: Pages
    ) -> None:
        self._reading, self._names, self._feeds, self._pages = reading, names, feeds, pages
        self._zone = settings.site.zone
        self._addresses = Addresses.of(settings.site.base_url)
        self._publication = Publication(settings.site)

    # --- cards ---------------------------------------------------------------------------------------

    def cards(self, scope: Scope) -> Iterator[Target]:
        """The style, and a page for each card."""
        yield Target("style.css", partial(self._pages.render, "style.css", root=""))
        for entry in self._reading.for_pages(scope.entries):
            yield Target(f"cards/{entry.address}/index.html", partial(self._card_page, entry))
        for entry in self._reading.retired(scope.retired):
            yield Target(f"cards/{entry.address}/index.html", partial(self._retired_page, entry))

    def _card_page(self, entry: Entry) -> bytes:
        root = "../../"
        around = self._feeds.surroundings(root)
        page = make_card_page(
            entry,
            around,
            url=self._addresses.card(entry.address),
            zone=self._zone,
            metadata=self._publication.of_card(entry),
            similar=self._similar(entry, around),
            neighbours=self._neighbours(entry, around.addresses),
        )
        return self._pages.render("card.html", root=root, page=page, document=self._feeds.everything())

    def _similar(self, entry: Entry, around: Surroundings) -> list[Entry]:
        """Those that the editors did not name already, by whatever address."""
        named = {one.url for one in related_references(entry.card, around)} if entry.card else set()
        return [
            one
            for one in self._reading.similar(entry.id)
            if named.isdisjoint({around.addresses.card(one.address), self._addresses.card(one.address)})
        ]

    def _neighbours(self, entry: Entry, addresses: Addresses) -> tuple[Reference | None, Reference | None]:
        before, after = (
            Reference(title_of(one), addresses.card(one.address)) if one else None
            for one in self._reading.neighbours(entry.id)
        )
        return before, after

    def _retired_page(self, entry: Entry) -> bytes:
        return self._pages.render("retired.html", root="../../", title=title_of(entry))

    # --- issues --------------------------------------------------------------------------------------

    def issues(self, scope: Scope) -> Iterator[Target]:
        """A page for each issue."""
        for edition in self._reading.editions(sorted(scope.feeds)):
            for issue in self._reading.issues(edition).issues:
                if issue.id in scope.issues:
                    path = f"issues/{issue.edition}/{issue.number}/index.html"
                    yield Target(path, partial(self._issue_page, issue))

    def _issue_page(self, issue: Issue) -> bytes | None:
        """The mail as everybody may see it, with what a page of the site needs beside it."""
        rendering = self._reading.rendering(issue)
        if not rendering or not rendering.html:
            return None
        assert issue.number is not None, "only composed issues are public"
        edition, url = (
            self._names.edition_title(issue.edition),
            self._addresses.issue(issue.edition, issue.number),
        )
        metadata = self._publication.of_issue(
            title=clean_line(issue.subject),
            url=url,
            description=clean_line(rendering.preheader),
            edition=edition,
            edition_url=self._addresses.page(edition_path(issue.edition)),
            sent=issue.occurrence.at,
        )
        before, after = self._issue_neighbours(issue)
        page = IssuePage(
            title=clean_line(issue.subject),
            url=url,
            edition=Reference(edition, f"../../../{edition_path(issue.edition)}/"),
            description=clean_line(rendering.preheader),
            metadata=metadata,
            previous=before,
            next=after,
        )
        (stored,) = self._reading.feeds([edition_path(issue.edition)]).values()
        head, foot = (
            self._pages.render_part(
                f"issue_{part}.html", root="../../../", page=page, document=self._feeds.document(stored)
            )
            for part in ("head", "foot")
        )
        return as_page(strip_controls(rendering.html), head=head, foot=foot).encode()

    def _issue_neighbours(self, issue: Issue) -> tuple[Reference | None, Reference | None]:
        issues = self._reading.issues(issue.edition).issues
        public = sorted((one for one in issues if one.number), key=lambda one: (one.number, one.id))
        place = [one.id for one in public].index(issue.id)
        before, after = (
            Reference(clean_line(public[at].subject), f"../{public[at].number}/")
            if 0 <= at < len(public)
            else None
            for at in (place - 1, place + 1)
        )
        return before, after
