"""What the one-line templates of an edition may say: `subject`, `preheader`, `from_name`; and whether they can be said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import date

from letters.errors import RenderError
from letters.text import render_line, strip_controls


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLine:
    """The names in a template of a subject or preheader; all text is plain and on one line."""

    #: Title of the publication, and of the edition.
    site: str
    edition: str
    #: Number of the issue.
    issue: int
    #: Of the issue, where the edition is at home; `{{ date | date }}` says it in the issue's language.
    date: date
    #: Title, show and takeaway of the card that comes first.
    lead: str
    lead_show: str
    takeaway: str
    #: How many cards there are, and how many beside the lead.
    count: int
    more: int
    #: "7 cards on 3 topics, about 5 hours of listening".
    contents: str
    #: BCP 47.
    language: str

    def say(self, template: str) -> str:
        """The line. Raises `RenderError`."""
        return render_line(template, **asdict(self))


#: An issue that templates are tried on before there is a real one.
MADE_UP = MailLine(
    site="Signal",
    edition="Research, weekly",
    issue=12,
    date=date(2026, 11, 23),
    lead="What a year of measuring taught a small laboratory",
    lead_show="The Workshop",
    takeaway="Measure what you would change your mind about, and write down beforehand what would change it.",
    count=7,
    more=6,
    contents="7 cards on 3 topics, about 5 hours of listening",
    language="en",
)


def say_sender(template: str, *, site: str, edition: str, issue: int, date: date, language: str) -> str:
    """The sender's name, from a template that has only what does not change with the contents: readers know a sender by it.

    Raises `RenderError`.
    """
    values = {"site": site, "edition": edition, "issue": issue, "date": date, "language": language}
    return strip_controls(render_line(template, **values))


def check_mail_line(template: str) -> str:
    """The template. Raises ValueError when it cannot be read, or not be rendered on a made-up issue."""
    names = ", ".join(field.name for field in fields(MailLine))
    return _checked(template, MADE_UP.say, names)


def check_sender_line(template: str) -> str:
    """The same of a sender's name."""
    return _checked(template, say_made_up_sender, "site, edition, issue, date, language")


def say_made_up_sender(template: str, made_up: MailLine = MADE_UP) -> str:
    """The sender's name on a made-up issue. Raises `RenderError`."""
    return say_sender(
        template,
        site=made_up.site,
        edition=made_up.edition,
        issue=made_up.issue,
        date=made_up.date,
        language=made_up.language,
    )


def _checked(template: str, say: Callable[[str], str], names: str) -> str:
    if not template:
        return template
    try:
        line = say(template)
    except RenderError as error:
        hint = f"; it may use {names}" if "undefined" in str(error) else ""
        raise ValueError(f"is no template: {error}{hint}") from error
    if not line:
        raise ValueError(f'"{template}" says nothing')
    return template
