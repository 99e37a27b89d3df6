"""One issue as everybody sees it: arranged, fitted to the size budget, rendered once per distinct choice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from letters.compose import words
from letters.compose.arrange import Section, arrange
from letters.compose.rank import rank
from letters.compose.render import Renderer
from letters.compose.select import narrow
from letters.compose.size import Detail, fit
from letters.compose.view import Frame, IssueView, find_lead, view_issue
from letters.model import PUBLIC, Choice, ComposedIssue, Edition, Entry, Occurrence, Rendering
from letters.settings import Settings


@dataclass(frozen=True, slots=True)
class Press:
    """What is needed to print the renderings of one issue."""

    renderer: Renderer
    settings: Settings
    edition: Edition
    occurrence: Occurrence
    number: int

    def compose(self, entries: Sequence[Entry], choices: Iterable[Choice]) -> ComposedIssue:
        """The issue with all its renderings; its entries come in the reading order of the full one."""
        full = self.render(entries, Choice())
        by_id = {entry.id: entry for entry in entries}
        return ComposedIssue(
            edition=self.edition,
            occurrence=self.occurrence,
            number=self.number,
            entries=tuple(by_id[each] for each in full.entries),
            renderings=(
                full,
                self.render_public(entries),
                *(self.render(entries, choice) for choice in choices if choice.key),
            ),
        )

    def render(self, entries: Sequence[Entry], choice: Choice) -> Rendering:
        """The issue as a choice sees it, within the size budget; empty when the choice leaves nothing of it.

        An issue that has nothing for anybody says so to everybody.
        """
        left = narrow(entries, choice)
        if entries and not left:
            return Rendering(choice=choice.key, subject="", preheader="", html="", text="")
        sections = arrange(left, self.edition, choice)

        def view(details: Mapping[str, Detail]) -> IssueView:
            return view_issue(self._frame, sections, details, is_mail=True)

        ranked = [entry.id for entry in rank(left)]
        details, html = fit(ranked, lambda details: self.renderer.html(view(details)))
        return self._rendering(choice.key, sections, view(details), html)

    def render_public(self, entries: Sequence[Entry]) -> Rendering:
        """The issue for everybody's eyes: everything in full, nothing personal."""
        sections = arrange(entries, self.edition)
        view = view_issue(self._frame, sections, {}, is_mail=False)
        return self._rendering(PUBLIC, sections, view, self.renderer.html(view))

    def _rendering(self, choice: str, sections: Sequence[Section], view: IssueView, html: str) -> Rendering:
        return Rendering(
            choice=choice,
            subject=self._subject(sections),
            preheader=view.preheader,
            html=html,
            text=self.renderer.text(view),
            entries=tuple(entry.id for section in sections for entry in section.entries),
        )

    def _subject(self, sections: Sequence[Section]) -> str:
        lead = find_lead(sections)
        subject = self.renderer.subject(
            # An edition's own subject speaks of a lead; the short mail that there is nothing new has none.
            self.edition.subject if lead else "",
            edition=words.clean_line(self.edition.title),
            issue=self.number,
            date=self.occurrence.local_date,
            lead=words.clean_line(lead.title, words.LEAD_LENGTH) if lead else "",
            count=sum(len(section.entries) for section in sections),
        )
        return words.cut(subject, words.SUBJECT_LENGTH)

    @property
    def _frame(self) -> Frame:
        return Frame(
            site=self.settings.site,
            edition=self.edition,
            number=self.number,
            date=self.occurrence.local_date,
        )
