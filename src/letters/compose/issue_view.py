"""From a plan to what the templates of an issue are given. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from letters.compose import words
from letters.compose.arrange import Group, Section
from letters.compose.card_view import LONGEST_NAME, CardViews, Frame
from letters.compose.plan import Plan
from letters.compose.size import Detail
from letters.compose.view import CardView, GroupView, IssueView, SectionView
from letters.model import Entry, PersonalLink

#: A list of contents helps from so many cards on.
_CONTENTS_FROM = 5


def view_issue(cards: CardViews, plan: Plan, details: Mapping[str, Detail], *, is_mail: bool) -> IssueView:
    """Everything a template shows of an issue of this plan."""
    frame = cards.frame
    entries = [entry for section in plan.sections for entry in section.entries]
    contents = _say_contents(frame, entries, plan)
    views = _Sections(cards, details, plan.lead)
    sections = tuple(
        view for section in plan.sections if (view := views.section(section, len(plan.sections)))
    )
    site = frame.site
    return IssueView(
        site=words.clean_line(site.title),
        edition=words.clean_line(frame.edition.title),
        number=frame.number,
        date=frame.date,
        language=frame.language,
        direction=words.direction(frame.language),
        look=frame.edition.look,
        accent=site.accent,
        accent_dark=site.accent_dark,
        preheader=words.say_preheader(plan.lead, contents),
        contents_line=contents,
        has_contents=len(entries) >= _CONTENTS_FROM and len(sections) > 1,
        sections=sections,
        also_name=frame.also_name,
        also=views.cards(plan.also, shown_under=frozenset()),
        left_out=sum(detail is Detail.LEFT_OUT for detail in details.values()),
        issue_url=frame.issue_url,
        site_url=frame.base_url,
        feed_url=f"{frame.base_url}editions/{frame.edition.key}.rss",
        is_mail=is_mail,
        preferences_url=PersonalLink.PREFERENCES.value if is_mail else "",
        unsubscribe_url=PersonalLink.UNSUBSCRIBE.value if is_mail else "",
        postal_address=words.clean_line(site.postal_address),
    )


def _say_contents(frame: Frame, entries: Sequence[Entry], plan: Plan) -> str:
    if not entries:
        return frame.wording.gettext("There is nothing new this time.")
    headings = sum(bool(section.key) for section in plan.sections)
    return words.say_contents(entries, frame.edition, headings, also=len(plan.also), wording=frame.wording)


class _Sections:
    """Makes the views of sections, and numbers the links of their cards through the whole issue."""

    def __init__(self, cards: CardViews, details: Mapping[str, Detail], lead: Entry | None) -> None:
        self._cards, self._details, self._lead = cards, details, lead
        self._notes = count(1)

    def section(self, section: Section, sections: int) -> SectionView | None:
        groups = tuple(view for group in section.groups if (view := self._group(group, section.key)))
        if not groups:
            return None
        name = section.name or ("" if sections == 1 else self._cards.frame.wording.gettext("More"))
        return SectionView(
            name=words.clean_line(name, LONGEST_NAME),
            count=sum(len(group.cards) for group in groups),
            groups=groups,
        )

    def _group(self, group: Group, section: str) -> GroupView | None:
        cards = self.cards(group.entries, shown_under=frozenset({section, group.key}))
        return GroupView(name=words.clean_line(group.name, LONGEST_NAME), cards=cards) if cards else None

    def cards(self, entries: Sequence[Entry], *, shown_under: frozenset[str]) -> tuple[CardView, ...]:
        return tuple(
            self._cards.view(
                entry, detail, shown_under=shown_under, is_lead=entry is self._lead, notes=self._notes
            )
            for entry in entries
            if (detail := self._details.get(entry.id, Detail.FULL)) < Detail.LEFT_OUT
        )
