"""Episodes and cards as they are compared: titles taken apart, texts cut into words, names picked out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, KeysView, Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

from letters.pair.languages import languages
from letters.pair.shows import Show
from letters.pair.titles import Title, read_title
from letters.pair.values import CardToPair, EpisodeToPair
from letters.pair.wording import SPACELESS, clean, fold, stem, stems

#: Of descriptions and summaries, what is read: enough for what it is about, before credits and advertisements.
_READ_CHARACTERS = 1_500
_MOST_COUNTED = 255
# A capitalised word inside a sentence, or in a script that has no capitals; and the words that follow it like that.
_CAPITALISED = re.compile(
    rf"(?:(?<=[a-z0-9,;)] )|(?<=[{SPACELESS}])|(?<=[{SPACELESS}] ))(?:[A-Z][A-Za-z'\u2019.-]*(?: |$|(?=[{SPACELESS}])))+"
)


@dataclass(frozen=True, slots=True, eq=False)
class PackedText:
    """A title with the text that goes with it, as little as it can be kept in: there may be hundreds of thousands.

    Words are interned, so that each is in memory once.
    """

    #: The distinct words, without their endings: those of the title, then those of the text alone.
    words: tuple[str, ...]
    #: How many of them are the title's.
    titled: int
    #: How often each is said, up to 255.
    counts: bytes
    names: tuple[str, ...]
    figures: tuple[str, ...]
    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Text:
    """A title with the text that goes with it, as words to compare."""

    #: The words of the title, without their endings.
    titled: frozenset[str]
    #: Whether there is more than the title.
    has_more: bool
    #: Words that are written like names inside the text's sentences.
    names: frozenset[str]
    #: Words of the title with digits in them.
    figures: frozenset[str]
    #: The languages the title may be in; none when it does not tell.
    languages: frozenset[str]
    #: How often each word of the title and text is said. Their set is not kept beside it: texts are most of what is kept.
    counts: Mapping[str, int]

    @property
    def about(self) -> KeysView[str]:
        """The words of the title and text."""
        return self.counts.keys()


@dataclass(frozen=True, slots=True)
class ReadEpisode:
    """An episode with its title taken apart."""

    episode: EpisodeToPair
    title: Title
    packed: PackedText
    number: int | None

    @property
    def text(self) -> Text:
        return unpacked(self.packed)


@dataclass(frozen=True, slots=True)
class ReadCard:
    """A card with its title taken apart, in the manner of its show."""

    card: CardToPair
    title: Title
    packed: PackedText
    #: How we know its show: by "name", or by the publisher's other "cards"; when empty, it is looked for in all shows.
    show_known_by: str = ""

    @property
    def has_show(self) -> bool:
        return self.show_known_by != ""

    @property
    def text(self) -> Text:
        return unpacked(self.packed)


def texts_of_card(card: CardToPair) -> tuple[str, ...]:
    """The title, and what else is read of a card."""
    return card.title, "\n".join((card.summary[:_READ_CHARACTERS], *card.topics))


def texts_of_episode(episode: EpisodeToPair) -> tuple[str, ...]:
    """The title, and what else is read of an episode."""
    return episode.title, episode.description[:_READ_CHARACTERS]


def read_episode(episode: EpisodeToPair, show: Show) -> ReadEpisode:
    """An episode, in the manner of its show."""
    title = read_title(episode.title, show.decorations, show.series)
    return ReadEpisode(
        episode=episode,
        title=title,
        packed=read_text(title, episode.description),
        # What the title says is what editors copy; the feed's own field may count otherwise.
        number=title.number if title.number is not None else episode.number,
    )


def read_card(
    card: CardToPair, decorations: Collection[str], series: Collection[str], *, show_known_by: str
) -> ReadCard:
    """A card, in the manner of the show it is of; see `read_title` for the decorations and series."""
    heading, text = texts_of_card(card)
    title = read_title(heading, decorations, series)
    return ReadCard(card=card, title=title, packed=read_text(title, text), show_known_by=show_known_by)


def read_text(title: Title, text: str) -> PackedText:
    """The words of a title and of the beginning of the text that goes with it."""
    text = clean(text[:_READ_CHARACTERS])
    counts = Counter(map(stem, title.words))
    titled = len(counts)
    counts.update(stems(fold(text)))
    names = {one for found in _CAPITALISED.findall(text) for one in stems(fold(found))}
    return PackedText(
        words=tuple(map(intern, counts)),
        titled=titled,
        counts=bytes(min(count, _MOST_COUNTED) for count in counts.values()),
        names=tuple(map(intern, sorted(names))),
        figures=tuple(word for word in title.words if any(c.isdigit() for c in word)),
        languages=languages(title.words),
    )


# A card is compared with some dozens of episodes, and the next card with many of the same.
@lru_cache(maxsize=4_096)
def unpacked(packed: PackedText) -> Text:
    """The words ready to be compared; the last few thousand texts are remembered so."""
    words, at = packed.words, packed.titled
    return Text(
        titled=frozenset(words[:at]),
        has_more=len(words) > at,
        names=frozenset(packed.names),
        figures=frozenset(packed.figures),
        languages=packed.languages,
        counts=dict(zip(words, packed.counts, strict=True)),
    )
