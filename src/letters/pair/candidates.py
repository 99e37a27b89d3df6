"""Which episodes may be meant by a card: found by an index, never by looking at all pairs."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from letters.pair.shows import Show, ShowFinder, decorations_of, gather_shows
from letters.pair.titles import Title, read_title
from letters.pair.values import CardToPair, EpisodeToPair
from letters.pair.wording import fold, words

#: Of descriptions and summaries, what is read: enough for what it is about, before credits and advertisements.
_READ_CHARACTERS = 1_500
#: A word that more episodes have says little, and looking all of them up would make the work grow with the square.
_COMMON = 200
#: A show of which we know few episodes is taken to have these many more, which lack the word that is looked at.
_UNSEEN = 20
#: How many episodes are compared with a card by words alone.
_CLOSEST = 12
#: How many more by title, number or date: many only where a show gives all its episodes one title.
_OTHERWISE = 12
#: A publisher is taken for a show when this many of its cards, and this share, have a title (of so many characters) that
#: only an episode of that show has.
_LEARNED_FROM = 2
_LEARNED_SHARE = 0.8
_TELLING_TITLE = 8


@dataclass(frozen=True, slots=True)
class ReadEpisode:
    """An episode with its title taken apart."""

    episode: EpisodeToPair
    title: Title
    #: The words of its title.
    titled: frozenset[str]
    #: The words of its title and description.
    about: frozenset[str]
    number: int | None


@dataclass(frozen=True, slots=True)
class ReadCard:
    """A card with its title taken apart, in the manner of its show."""

    card: CardToPair
    title: Title
    titled: frozenset[str]
    #: The words of its title, summary and topics.
    about: frozenset[str]
    #: How we know its show: by "name", or by the publisher's other "cards"; when empty, it is looked for in all shows.
    show_known_by: str = ""

    @property
    def has_show(self) -> bool:
        return self.show_known_by != ""


@dataclass
class Shelf:
    """Episodes that a card is looked for among: a show's, or all of them; with how rare each word is there."""

    episodes: list[ReadEpisode] = field(default_factory=list)
    by_key: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_number: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_day: dict[date, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_title_word: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_word: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        #: How much it says that two titles share a word, and that two texts do.
        self.title_rarity: Callable[[str], float] = _Rarity(self, self.by_title_word).__getitem__
        self.rarity: Callable[[str], float] = _Rarity(self, self.by_word).__getitem__

    def add(self, one: ReadEpisode) -> None:
        place = len(self.episodes)
        self.episodes.append(one)
        if one.title.key:
            self.by_key[one.title.key].append(place)
        if one.number is not None:
            self.by_number[one.number].append(place)
        if one.episode.published:
            self.by_day[one.episode.published].append(place)
        for word in one.titled:
            self.by_title_word[word].append(place)
        for word in one.about:
            self.by_word[word].append(place)

    def closest(self, card: ReadCard) -> list[ReadEpisode]:
        """The episodes worth comparing with the card, in the order of the shelf."""
        scores: dict[int, int] = defaultdict(int)
        for word in card.titled:
            self._count(scores, self.by_title_word.get(word, ()), self.title_rarity(word))
        for word in card.about:
            self._count(scores, self.by_word.get(word, ()), self.rarity(word))
        best = sorted(scores, key=lambda place: (-scores[place], place))[:_CLOSEST]
        return [self.episodes[place] for place in sorted({*best, *self._otherwise(card)})]

    @staticmethod
    def _count(scores: dict[int, int], places: Sequence[int], rarity: float) -> None:
        if len(places) <= _COMMON:
            # Whole numbers add up to the same in any order.
            points = round(1000 * rarity)
            for place in places:
                scores[place] += points

    def _otherwise(self, card: ReadCard) -> Iterable[int]:
        yield from self.by_key.get(card.title.key, ())[:_OTHERWISE]
        if card.has_show and card.title.number is not None:
            yield from self.by_number.get(card.title.number, ())[:_OTHERWISE]
        if card.card.date:
            for days in (0, -1, 1):
                same = self.by_day.get(card.card.date + timedelta(days=days), ())
                yield from same[:_OTHERWISE] if card.has_show else self._titled_alike(card, same)

    def _titled_alike(self, card: ReadCard, places: Sequence[int]) -> Iterable[int]:
        return (place for place in places if self.episodes[place].title.key == card.title.key)


class _Rarity(dict[str, float]):
    """How rare words are on a shelf, worked out when first asked for; the shelf must be complete by then."""

    def __init__(self, shelf: Shelf, places: Mapping[str, Sequence[int]]) -> None:
        super().__init__()
        self._shelf = shelf
        self._places = places

    def __missing__(self, word: str) -> float:
        # A word that no episode has is as rare as one that a single episode has: it may be a slip of the pen.
        count = max(1, len(self._places.get(word, ())))
        self[word] = rarity = math.log((len(self._shelf.episodes) + _UNSEEN) / (count + 0.5))
        return rarity


class Library:
    """All episodes, by show, ready to be searched.

    It is made of the settled episodes too: how rare a word is must not depend on what was decided already.
    """

    def __init__(self, episodes: Iterable[EpisodeToPair]) -> None:
        ordered = sorted(episodes, key=lambda one: one.id)
        self.shows = _gather(ordered)
        self.finder = ShowFinder(self.shows.values())
        self.all = Shelf()
        self.shelves: dict[str, Shelf] = defaultdict(Shelf)
        for episode in ordered:
            read = read_episode(episode, self.shows[episode.show])
            self.shelves[episode.show].add(read)
            self.all.add(read)
        self._joined: dict[tuple[str, ...], Shelf] = {}

    def shelf(self, shows: tuple[str, ...]) -> Shelf:
        """The episodes of these shows; of all for none."""
        if len(shows) == 1:
            return self.shelves[shows[0]]
        if not shows:
            return self.all
        if shows not in self._joined:
            joined = Shelf()
            for show in shows:
                for one in self.shelves[show].episodes:
                    joined.add(one)
            self._joined[shows] = joined
        return self._joined[shows]

    def read_card(self, card: CardToPair, shows: tuple[str, ...], *, known_by: str) -> ReadCard:
        own = decorations_of([card.publisher])
        decorations = own.union(*(self.shows[show].decorations for show in shows))
        series = frozenset[str]().union(*(self.shows[show].series for show in shows))
        title = read_title(card.title, decorations, series)
        text = "\n".join((card.summary[:_READ_CHARACTERS], *card.topics))
        return ReadCard(
            card=card,
            title=title,
            titled=frozenset(title.words),
            about=frozenset((*title.words, *words(fold(text)))),
            show_known_by=known_by,
        )

    def read_cards(self, cards: Sequence[CardToPair]) -> list[tuple[ReadCard, Shelf]]:
        """Each card, read in the manner of its show, with the episodes among which it is to be looked for."""
        named = {publisher: self.finder.find(publisher) for publisher in {card.publisher for card in cards}}
        learned = self._learn([card for card in cards if not named[card.publisher]])
        found = []
        for card in cards:
            shows = named[card.publisher]
            known_by = "name" if shows else "cards" if card.publisher in learned else ""
            shows = shows or learned.get(card.publisher, ())
            found.append((self.read_card(card, shows, known_by=known_by), self.shelf(shows)))
        return found

    def _learn(self, cards: Sequence[CardToPair]) -> dict[str, tuple[str, ...]]:
        """By publishers that no show is called by, the show to which their cards belong as far as equal titles tell.

        A network or a host names itself where the show's name is wanted; its cards with telling titles show which it is.
        """
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for card in cards:
            key = self.read_card(card, (), known_by="").title.key
            places = self.all.by_key.get(key, ()) if card.publisher and len(key) >= _TELLING_TITLE else ()
            if len(places) == 1:
                votes[card.publisher][self.all.episodes[places[0]].episode.show] += 1
        learned: dict[str, tuple[str, ...]] = {}
        for publisher, counts in votes.items():
            (show, count), *_ = counts.most_common(1)
            if count >= _LEARNED_FROM and count >= _LEARNED_SHARE * counts.total():
                learned[publisher] = (show,)
        return learned


def read_episode(episode: EpisodeToPair, show: Show) -> ReadEpisode:
    title = read_title(episode.title, show.decorations, show.series)
    return ReadEpisode(
        episode=episode,
        title=title,
        titled=frozenset(title.words),
        about=frozenset((*title.words, *words(fold(episode.description[:_READ_CHARACTERS])))),
        # What the title says is what editors copy; the feed's own field may count otherwise.
        number=title.number if title.number is not None else episode.number,
    )


def _gather(episodes: Sequence[EpisodeToPair]) -> Mapping[str, Show]:
    titles: dict[str, list[str]] = defaultdict(list)
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for episode in episodes:
        titles[episode.show].append(episode.title)
        names[episode.show].update(dict.fromkeys(episode.names))
    return gather_shows(titles, names)
