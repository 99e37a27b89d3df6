"""How templates speak: the filters and functions that say something in the language of the page or mail at hand.

``_("Unsubscribe")``, ``_("All issues of %(edition)s", edition=...)``, ``pgettext(CONTEXT, ...)``, and of a number
``ngettext("%(num)s card", "%(num)s cards", n)``. Where a template escapes, the message is markup and its values are escaped.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup

from letters.text.html import safe_url
from letters.text.wording import Wording, Wordings
from letters.text.words import count_words, paragraphs


def speak(environment: jinja2.Environment, wordings: Wordings) -> jinja2.Environment:
    """Teach an environment to speak; gives it back."""
    speaker = _Speaker(wordings)
    environment.filters.update(
        date=speaker.date,
        duration=speaker.duration,
        number=speaker.number,
        listing=speaker.listing,
        count=count_words,
        paragraphs=paragraphs,
        url=safe_url,
    )
    environment.globals.update(
        _=speaker.gettext,
        gettext=speaker.gettext,
        ngettext=speaker.ngettext,
        pgettext=speaker.pgettext,
        count=count_words,
    )
    return environment


def language_of(context: Context) -> str:
    """What a template is rendered in: `language` if it was given one, else its issue's (a mail), else the site's (a page)."""
    if language := context.get("language"):
        return str(language)
    for name in ("issue", "site"):
        # A subject's `issue` is a number.
        if language := getattr(context.get(name), "language", ""):
            return str(language)
    return "en"


class _Speaker:
    def __init__(self, wordings: Wordings) -> None:
        self._wordings = wordings

    @jinja2.pass_context
    def gettext(self, context: Context, message: str, /, **values: object) -> str:
        return _filled(context, self._wording(context).say(message), values)

    @jinja2.pass_context
    def ngettext(self, context: Context, singular: str, plural: str, number: int, /, **values: object) -> str:
        wording = self._wording(context)
        values = {"num": wording.number(number)} | values
        return _filled(context, wording.say_many(singular, plural, number), values)

    @jinja2.pass_context
    def pgettext(self, context: Context, about: str, message: str, /, **values: object) -> str:
        return _filled(context, self._wording(context).say(message, about=about), values)

    @jinja2.pass_context
    def date(
        self,
        context: Context,
        value: date | datetime | None,
        *,
        short: bool = False,
        zone: str = "UTC",
        language: str = "",
    ) -> str:
        return self._wording(context, language).date(value, short=short, zone=zone)

    @jinja2.pass_context
    def duration(self, context: Context, value: timedelta | None, *, language: str = "") -> str:
        return self._wording(context, language).duration(value)

    @jinja2.pass_context
    def number(self, context: Context, value: float) -> str:
        return self._wording(context).number(value)

    @jinja2.pass_context
    def listing(self, context: Context, names: list[str]) -> str:
        return self._wording(context).listing(names)

    def _wording(self, context: Context, language: str = "") -> Wording:
        return self._wordings.of(language or language_of(context))


def _filled(context: Context, message: str, values: dict[str, object]) -> str:
    # Messages are the operator's, like templates; only the values may be foreign, and `%` escapes them.
    return (Markup(message) if context.eval_ctx.autoescape else message) % values  # noqa: S704
