"""Which episodes may be meant by a card: those of its show, as far as we know which that is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from rapidfuzz import fuzz

from letters.pair.reading import ReadCard, ReadEpisode, read_card, read_episode
from letters.pair.shelf import Shelf
from letters.pair.shows import Show, ShowFinder, decorations_of, gather_shows
from letters.pair.titles import long_key
from letters.pair.values import CardToPair, EpisodeToPair

#: A publisher is taken for a show when this many of its cards, and this share, have a title (of so many characters) that
#: only an episode of that show has.
_LEARNED_FROM = 2
_LEARNED_SHARE = 0.8
_TELLING_TITLE = 8
#: Long titles so much alike, in per cent, are one title to this end: other digits, say, may part two episodes, not two shows.
_TELLING_LIKENESS = 88.0


class Library:
    """All episodes, by show, ready to be searched.

    It is made of the settled episodes too: how rare a word is must not depend on what was decided already.
    """

    def __init__(self, episodes: Iterable[EpisodeToPair], *, keep: int = 0) -> None:
        ordered = sorted(episodes, key=lambda one: one.id)
        self.shows = _gather(ordered)
        self.finder = ShowFinder(self.shows.values())
        self._read = [read_episode(episode, self.shows[episode.show]) for episode in ordered]
        self._of_show: dict[str, list[ReadEpisode]] = defaultdict(list)
        for one in self._read:
            self._of_show[one.episode.show].append(one)
        self._by_id = {one.episode.id: one for one in self._read}
        #: By show, what was added, with how many others were before.
        self._added: dict[str, list[tuple[int, ReadEpisode]]] = defaultdict(list)
        self._learned: Mapping[str, tuple[str, ...]] = {}
        #: Those asked for last, the latest at the end, and how many episodes are on them.
        self._shelves: dict[tuple[str, ...], Shelf] = {}
        self._keep, self._kept = keep, 0

    def add(self, episode: EpisodeToPair) -> bool:
        """Put one more episode on its shelves; returns whether it brings a name by which a show was not known.

        What was learned of the others stays as it is: how rare words are, what decorates titles, whose cards are of which show.
        """
        known = self.shows.get(episode.show)
        itself = _gather([episode])[episode.show]
        show = self.shows[episode.show] = (
            replace(known, names=known.names | itself.names) if known else itself
        )
        new_names = show.names.keys() - (known.names.keys() if known else set())
        self.finder.add(show.key, new_names)
        one = read_episode(episode, show)
        self._by_id[episode.id] = one
        self._added[episode.show].append((len(self._by_id), one))
        self.all.add(one)
        for shows in [shows for shows in self._shelves if episode.show in shows]:
            self._shelves[shows].add(one)
            self._kept += 1
        return bool(new_names)

    def episode(self, episode_id: str) -> ReadEpisode:
        return self._by_id[episode_id]

    def episodes(self, episode_ids: Iterable[str]) -> list[ReadEpisode]:
        """Those of them that there are, by id."""
        return [self._by_id[one] for one in sorted(episode_ids) if one in self._by_id]

    @cached_property
    def all(self) -> Shelf:
        """Every episode."""
        return Shelf(self._read)

    def shelf(self, shows: tuple[str, ...]) -> Shelf:
        """The episodes of these shows; of all for none.

        The last one is kept, and those before it as long as there are no more than `keep` episodes on them: all of them at
        once would take more memory than everything else, and whoever asks show by show needs one.
        """
        if not shows:
            return self.all
        shelf = self._shelves.pop(shows, None) or self._make_shelf(shows)
        self._shelves[shows] = shelf
        return shelf

    def _make_shelf(self, shows: tuple[str, ...]) -> Shelf:
        counted = [one for show in shows for one in self._of_show.get(show, ())]
        shelf = Shelf(sorted(counted, key=lambda one: one.episode.id))
        # In the order in which they came, so that places stay what they were.
        for _, one in sorted((one for show in shows for one in self._added[show]), key=lambda one: one[0]):
            shelf.add(one)
        self._kept += len(shelf.episodes)
        while self._shelves and self._kept > self._keep:
            oldest = next(iter(self._shelves))
            self._kept -= len(self._shelves.pop(oldest).episodes)
        return shelf

    def read_card(self, card: CardToPair, shows: tuple[str, ...], *, known_by: str) -> ReadCard:
        own = decorations_of([card.publisher])
        decorations = own.union(*(self.shows[show].decorations for show in shows))
        series = frozenset[str]().union(*(self.shows[show].series for show in shows))
        return read_card(card, decorations, series, show_known_by=known_by)

    def read_cards(self, cards: Sequence[CardToPair]) -> list[tuple[ReadCard, tuple[str, ...]]]:
        """Each card as `place` has it, after learning from all of them whose cards are of which show.

        Those of one shelf stand together; apart from that they are in the order in which they came.
        """
        named = {publisher: self.finder.find(publisher) for publisher in {card.publisher for card in cards}}
        self._learned = self._learn([card for card in cards if not named[card.publisher]])
        return sorted((self._place(card, named[card.publisher]) for card in cards), key=lambda one: one[1])

    def place(self, card: CardToPair) -> tuple[ReadCard, tuple[str, ...]]:
        """A card read in the manner of its show, with the shows of the `shelf` on which it is to be looked for."""
        return self._place(card, self.finder.find(card.publisher))

    def _place(self, card: CardToPair, named: tuple[str, ...]) -> tuple[ReadCard, tuple[str, ...]]:
        learned = self._learned.get(card.publisher, ())
        shows = named or learned
        return self.read_card(card, shows, known_by="name" if named else "cards" if learned else ""), shows

    def _learn(self, cards: Sequence[CardToPair]) -> dict[str, tuple[str, ...]]:
        """By publishers that no show is called by, the show to which their cards belong as far as equal titles tell.

        A network or a host names itself where the show's name is wanted; its cards with telling titles show which it is.
        """
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for card in cards:
            show = self._telling_show(self.read_card(card, (), known_by=""))
            if show is not None:
                votes[card.publisher][show] += 1
        learned: dict[str, tuple[str, ...]] = {}
        for publisher, counts in votes.items():
            (show, count), *_ = counts.most_common(1)
            if count >= _LEARNED_FROM and count >= _LEARNED_SHARE * counts.total():
                learned[publisher] = (show,)
        return learned

    def _telling_show(self, card: ReadCard) -> str | None:
        """The show of the only episode that has the card's title, but for slips of the pen; None when that tells nothing."""
        key = card.title.key
        if not card.card.publisher or len(key) < _TELLING_TITLE:
            return None
        same = [self.all.episodes[place] for place in self.all.by_key.get(key, ())]
        if not same and len(key) >= long_key(key):
            same = [
                one for one in self.all.closest(card) if fuzz.ratio(key, one.title.key) >= _TELLING_LIKENESS
            ]
        return same[0].episode.show if len(same) == 1 else None


def _gather(episodes: Iterable[EpisodeToPair]) -> dict[str, Show]:
    titles: dict[str, list[str]] = defaultdict(list)
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for episode in episodes:
        titles[episode.show].append(episode.title)
        names[episode.show].update(dict.fromkeys(episode.names))
    return gather_shows(titles, names)
