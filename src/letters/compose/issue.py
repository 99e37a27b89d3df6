"""One issue as everybody sees it: planned, fitted to the size budget, rendered once per distinct choice. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from letters.calendar import previous_occurrence
from letters.compose import words
from letters.compose.card_view import CardViews, Frame
from letters.compose.issue_view import view_issue
from letters.compose.plan import Plan, make_plan
from letters.compose.render import Renderer, SetPage
from letters.compose.size import Detail, fit, size_bytes
from letters.compose.view import IssueView
from letters.model import PUBLIC, Choice, ComposedIssue, Edition, Entry, Occurrence, Rendering
from letters.settings import Settings
from letters.settings.mail_lines import MailLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """An issue as a choice sees it, and how it came about: the plan, and the detail that there was room for."""

    plan: Plan
    details: Mapping[str, Detail]
    rendering: Rendering
    #: The heading of what is only listed.
    also_name: str


class Sizes:
    """Guesses how large a mail would be in full, from how large the one before was: so much a frame, so much its cards."""

    def __init__(self, cards: CardViews) -> None:
        self._cards = cards
        self._frame: int | None = None

    def expect(self, entries: Mapping[str, Entry], details: Mapping[str, Detail]) -> int | None:
        """Bytes of a mail of these entries in that detail; None when there was none before."""
        return None if self._frame is None else self._frame + self._texts(entries, details)

    def learn(self, entries: Mapping[str, Entry], details: Mapping[str, Detail], size: int) -> None:
        self._frame = size - self._texts(entries, details)

    def _texts(self, entries: Mapping[str, Entry], details: Mapping[str, Detail]) -> int:
        return sum(
            self._cards.saves(entry, step)
            for each, entry in entries.items()
            for step in Detail
            if step > details.get(each, Detail.FULL)
        )


@dataclass(frozen=True)
class Press:
    """What is needed to print the renderings of one issue."""

    renderer: Renderer
    settings: Settings
    edition: Edition
    occurrence: Occurrence
    number: int

    def compose(self, entries: Sequence[Entry], choice: Choice | None = None) -> ComposedIssue:
        """The issue as it is without anybody's choice, or as one sees it; its entries come in the reading order."""
        full = self.render(entries, choice or Choice())
        by_id = {entry.id: entry for entry in entries}
        return ComposedIssue(
            edition=self.edition,
            occurrence=self.occurrence,
            number=self.number,
            entries=tuple(by_id[each] for each in full.entries),
            renderings=(full, self.render_public(entries)),
        )

    def render(self, entries: Sequence[Entry], choice: Choice) -> Rendering:
        """The issue as a choice sees it, within the size budget; empty when the choice leaves nothing of it.

        An issue that has nothing for anybody says so to everybody.
        """
        return self.print(entries, choice).rendering

    def print(self, entries: Sequence[Entry], choice: Choice) -> Printed:
        """The same, with how it came about."""
        plan = make_plan(entries, self.edition, choice, at=self.occurrence.at)
        if entries and not plan.ranked:
            nothing = Rendering(choice=choice.key, subject="", preheader="", html="", text="")
            return Printed(plan=plan, details={}, rendering=nothing, also_name="")

        pages: list[SetPage] = []

        def view(details: Mapping[str, Detail]) -> IssueView:
            return self._view(plan, details, is_mail=True)

        def set_html(details: Mapping[str, Detail]) -> str:
            pages[:] = [self.renderer.set(view(details))]
            return pages[0].html

        by_id = {one.entry.id: one.entry for one in plan.ranked}
        details, html = fit(
            list(by_id),
            set_html,
            start=plan.start,
            saves=lambda each, detail: self._cards.saves(by_id[each], detail),
            expected=self._sizes.expect(by_id, plan.start),
            differs=lambda details: pages[0].grows(view(details)),
        )
        self._sizes.learn(by_id, details, size_bytes(html))
        return Printed(
            plan=plan,
            details=details,
            rendering=self._rendering(choice.key, plan, pages[0].view, html),
            also_name=self._cards.frame.also_name,
        )

    def render_public(self, entries: Sequence[Entry]) -> Rendering:
        """The issue for everybody's eyes: nothing personal, and no size that would have to be kept."""
        plan = make_plan(entries, self.edition, Choice(), at=self.occurrence.at)
        view = self._view(plan, plan.start, is_mail=False)
        return self._rendering(PUBLIC, plan, view, self.renderer.html(view))

    def _rendering(self, choice: str, plan: Plan, view: IssueView, html: str) -> Rendering:
        return Rendering(
            choice=choice,
            subject=self._subject(plan, self._line(plan, view.contents_line)),
            preheader=view.preheader,
            html=html,
            text=self.renderer.text(view),
            entries=tuple(entry.id for entry in plan.reading_order),
        )

    def _subject(self, plan: Plan, line: MailLine) -> str:
        # An edition's own subject speaks of a lead; the short mail that there is nothing new has none.
        own = self.edition.subject if plan.lead else ""
        return words.cut(self.renderer.subject(own, **asdict(line)), words.SUBJECT_LENGTH)

    def _view(self, plan: Plan, details: Mapping[str, Detail], *, is_mail: bool) -> IssueView:
        view = view_issue(self._cards, plan, details, is_mail=is_mail)
        if not (self.edition.preheader and plan.lead):
            return view
        said = self._line(plan, view.contents_line).say(self.edition.preheader)
        return replace(view, preheader=words.cut(words.clean_line(said), words.PREHEADER_LENGTH))

    def _line(self, plan: Plan, contents: str) -> MailLine:
        """What the edition's templates of one line may say."""
        lead = plan.lead
        return MailLine(
            site=words.clean_line(self.settings.site.title),
            edition=words.clean_line(self.edition.title),
            issue=self.number,
            date=self.occurrence.local_date,
            lead=words.clean_line(lead.title, words.LEAD_LENGTH) if lead else "",
            lead_show=words.clean_line(lead.card.credit.publisher if lead.card else "") if lead else "",
            takeaway=words.say_takeaway(lead),
            count=len(plan.ranked),
            more=max(0, len(plan.ranked) - 1),
            contents=contents,
            language=self._cards.frame.language,
        )

    @cached_property
    def _sizes(self) -> Sizes:
        return Sizes(self._cards)

    @cached_property
    def _cards(self) -> CardViews:
        previous = previous_occurrence(self.edition, self.occurrence)
        return CardViews(
            Frame(
                site=self.settings.site,
                edition=self.edition,
                number=self.number,
                date=self.occurrence.local_date,
                interval=self.occurrence.at - previous.at if previous else None,
                wording=self.renderer.wordings.of(self.edition.language or self.settings.site.language),
            )
        )
