"""What Letters itself says, in one language: sentences from catalogues, dates, numbers and durations by Babel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_day_names
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from letters.text.catalogues import find_translations, has_catalogue


class Wording:
    """Sentences, dates and numbers of one language; what has no translation is said in English.

    Messages are English and hold placeholders like ``%(edition)s``; a message may hold HTML only where templates escape.
    The method names are those by which gettext's tools find messages in code.
    """

    def __init__(self, language: str = "en", translations: NullTranslations | None = None) -> None:
        self.language = language
        self._translations = translations or NullTranslations()
        self._locale = find_locale(language)

    def gettext(self, message: str, /, **values: object) -> str:
        """A message in this language, with its values."""
        return self.say(message) % values

    def ngettext(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        """The same of a number; ``%(num)s`` is the number as the language writes it."""
        return self.say_many(singular, plural, number) % ({"num": self.number(number)} | values)

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """The same of a message that has several meanings; the context says which."""
        return self.say(message, about=context) % values

    def say(self, message: str, *, about: str = "") -> str:
        """A message whose placeholders are still open; `about` is its context."""
        if about:
            return self._translations.pgettext(about, message)
        return self._translations.gettext(message)

    def say_many(self, singular: str, plural: str, number: int) -> str:
        """The form of a message that goes with a number; its placeholders are still open."""
        return self._translations.ngettext(singular, plural, number)

    def number(self, value: float) -> str:
        """ "4,368" in English, "4.368" in German."""
        return format_decimal(value, locale=self._locale)

    def date(self, value: object, *, short: bool = False, zone: str = "UTC") -> str:
        """ "23 November 2026", short "23 Nov"; the order is the language's, the month is always in letters. None gives nothing.

        A datetime is shown as its date in `zone`.
        """
        if value is None:
            return ""
        if not isinstance(value, date):
            raise TypeError(f'"{value}" is no date')
        if isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            value = aware.astimezone(ZoneInfo(zone)).date()
        if not short:
            return format_date(value, "long", locale=self._locale)
        return format_skeleton("MMMd", datetime(value.year, value.month, value.day), locale=self._locale)  # noqa: DTZ001

    def duration(self, value: timedelta | None) -> str:
        """ "48 min", "1 h 5 min", "2 h"; anything shorter than a minute is "1 min". None, nothing and less give nothing."""
        if value is None or value <= timedelta():
            return ""
        hours, minutes = divmod(max(1, round(value.total_seconds() / 60)), 60)
        return " ".join(
            self._unit(number, unit) for number, unit in ((hours, "hour"), (minutes, "minute")) if number
        )

    def listing(self, names: Sequence[str]) -> str:
        """ "A, B and C"."""
        return format_list(names, locale=self._locale) if names else ""

    def alternatives(self, names: Sequence[str]) -> str:
        """ "A, B or C"."""
        return format_list(names, "or", locale=self._locale) if names else ""

    def weekday(self, number: int) -> str:
        """The name of a day, 0 for Monday."""
        return str(get_day_names("wide", "stand-alone", self._locale)[number])

    def clock(self, hour: int, minute: int) -> str:
        """An hour of the day with two digits each, "08:00": no language of ours misreads it, and none needs am and pm."""
        return format_time(datetime(2000, 1, 1, hour, minute), "HH:mm", locale=self._locale)  # noqa: DTZ001

    def _unit(self, number: int, unit: str) -> str:
        if self._locale.language == "en":
            # CLDR has "hr"; a caption has room for what clocks and timetables write.
            return f"{self.number(number)} {'h' if unit == 'hour' else 'min'}"
        return format_unit(number, f"duration-{unit}", "short", locale=self._locale)


class Wordings:
    """The wording of each language, with a workspace's own catalogues."""

    def __init__(self, overrides: Path | None = None) -> None:
        self._overrides = overrides
        self._known: dict[str, Wording] = {}

    def speaks(self, language: str) -> bool:
        """Whether anything is known to be said in a language: English, or one that has a catalogue."""
        return language.replace("_", "-").split("-")[0].lower() == "en" or has_catalogue(
            language, self._overrides
        )

    def of(self, language: str) -> Wording:
        """The wording of a BCP 47 tag. Raises `RenderError` for a catalogue that cannot be read."""
        if language not in self._known:
            self._known[language] = Wording(language, find_translations(language, self._overrides))
        return self._known[language]


@cache
def find_locale(language: str) -> Locale:
    """The locale whose manners a BCP 47 tag asks for; English of no country's own for what Babel does not know.

    Plain "en" is the English of most countries ("23 November 2026"); "en-US" writes the month first.
    """
    if language.lower() in {"", "en"}:
        return Locale.parse("en_001")
    for sep in ("-", "_"):
        try:
            return Locale.parse(language, sep=sep)
        except (UnknownLocaleError, ValueError):
            continue
    primary = language.replace("_", "-").split("-")[0]
    try:
        return Locale.parse("en_001" if primary == "en" else primary)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_001")
