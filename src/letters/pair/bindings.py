"""Cards that name their episode outright: by a link, a guid, or the address where the original was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from letters.model import Decision, Evidence, Pairing
from letters.pair.addresses import normalise_address
from letters.pair.values import CardToPair, EpisodeToPair


@dataclass(frozen=True, slots=True)
class Binding:
    """A card that says which episode it means."""

    pairing: Pairing
    #: Several episodes bear the address: the card means one of these, and its title decides which.
    choice: tuple[str, ...] = ()


class Bindings:
    """The cards that bind themselves. One that names an address that no episode has waits for it, whatever its title."""

    def __init__(
        self,
        episodes: Sequence[EpisodeToPair],
        cards: Sequence[CardToPair],
        *,
        taken: Collection[str],
        many: bool,
        rejected: Collection[tuple[str, str]] = (),
    ) -> None:
        self._rejected = rejected
        self._many = many
        self._taken = set(taken)
        self._by_guid: dict[str, set[str]] = defaultdict(set)
        self._by_address: dict[str, set[str]] = defaultdict(set)
        self._naming: dict[str, dict[str, CardToPair]] = defaultdict(dict)
        self._bindings: dict[str, Binding] = {}
        self._bound: dict[str, list[CardToPair]] = {}
        self._index(episodes)
        for card in cards:
            for name in _names_in(card):
                self._naming[name][card.id] = card
        self._bind(sorted(cards, key=lambda card: card.id))

    @property
    def episodes(self) -> Collection[str]:
        """Those that have their card by this."""
        return self._bound.keys()

    def add(self, episode: EpisodeToPair) -> tuple[set[str], set[str]]:
        """Take in one more episode; returns the cards that are bound otherwise now, and the episodes that lost their card."""
        self._index([episode])
        cards, before = self._concerned(_names_of(episode))
        bindings = {card_id: self._bindings.pop(card_id, None) for card_id in cards}
        self._bind([cards[card_id] for card_id in sorted(cards)])
        return (
            {card_id for card_id, binding in bindings.items() if binding != self.of(card_id)},
            before - self._bound.keys(),
        )

    def settle(self, card: CardToPair, episode_id: str) -> None:
        """A card has its episode for good: it binds itself no more, and unless many may have it, no other to that one."""
        for name in _names_in(card):
            self._naming[name].pop(card.id, None)
        self._bindings.pop(card.id, None)
        others = [one for one in self._bound.pop(episode_id, ()) if one.id != card.id]
        if others:
            self._bound[episode_id] = others
        if not self._many:
            self._taken.add(episode_id)

    def _concerned(self, names: Collection[str]) -> tuple[dict[str, CardToPair], set[str]]:
        """The cards that say one of the names, and those bound to an episode that one of these may mean; none stays bound."""
        cards: dict[str, CardToPair] = {}
        unbound: set[str] = set()
        for name in names:
            cards |= self._naming.get(name, {})
        for name in {name for card in cards.values() for name in _names_in(card)}:
            for episode_id in {
                *self._by_guid.get(name, ()),
                *self._by_address.get(name, ()),
            } & self._bound.keys():
                cards |= {card.id: card for card in self._bound.pop(episode_id)}
                unbound.add(episode_id)
        return cards, unbound

    def of(self, card_id: str) -> Binding | None:
        return self._bindings.get(card_id)

    def _index(self, episodes: Sequence[EpisodeToPair]) -> None:
        for episode in episodes:
            if episode.guid:
                self._by_guid[episode.guid.strip()].add(episode.id)
            for address in _addresses(*episode.addresses, episode.guid):
                self._by_address[address].add(episode.id)

    def _find(self, card: CardToPair) -> tuple[str, str, set[str]] | None:
        """Which field binds the card, what it says, and the episodes that have it; None for a card that binds itself to none."""
        by_link = self._by_address.get(normalise_address(card.link), set()) if card.link else set()
        if card.guid:
            known = self._by_guid.get(card.guid.strip(), set())
            known = known or self._by_address.get(normalise_address(card.guid), set())
            if known or not by_link:
                return "guid", card.guid, known
        if card.link:
            return "link", card.link, by_link
        seen = self._by_address.get(normalise_address(card.seen_at), set()) if card.seen_at else set()
        return ("address", card.seen_at, seen) if seen else None

    def _bind(self, cards: Sequence[CardToPair]) -> None:
        bound: dict[str, list[CardToPair]] = defaultdict(list)
        said: dict[str, tuple[str, str]] = {}
        for card in cards:
            found = self._find(card)
            if found is None:
                continue
            name, value, known = found
            left = {one for one in known if (card.id, one) not in self._rejected}
            if known and not left:
                # A person said that it is none of those: the card is looked for like any other.
                continue
            known = left
            said[card.id] = name, value
            if len(known) == 1:
                bound[next(iter(known))].append(card)
            elif known:
                words = f'the {name} "{value}" is that of {len(known)} episodes'
                self._bindings[card.id] = Binding(
                    _pairing(card, None, 0.0, name, words), tuple(sorted(known))
                )
            else:
                words = f'waits for its episode: none has the {name} "{value}"'
                self._bindings[card.id] = Binding(_pairing(card, None, 0.0, name, words))
        for episode_id, claimants in bound.items():
            self._share(episode_id, claimants, said)
        self._bound |= bound

    def _share(
        self, episode_id: str, claimants: Sequence[CardToPair], said: dict[str, tuple[str, str]]
    ) -> None:
        """One claimant has the episode; of several, a person is asked about the first."""
        for place, card in enumerate(claimants):
            name, value = said[card.id]
            words = f'the episode has the {name} "{value}"'
            if self._many or (len(claimants) == 1 and episode_id not in self._taken):
                pairing = _pairing(card, episode_id, 1.0, name, words)
            elif episode_id not in self._taken and place == 0:
                others = f"{words}, and {len(claimants) - 1} more of the cards say so"
                pairing = _pairing(card, episode_id, 1 / len(claimants), name, others)
            else:
                pairing = _pairing(card, None, 0.0, name, f"{words}, but another card has that episode")
            self._bindings[card.id] = Binding(pairing)


def _addresses(*written: str) -> set[str]:
    return {normalise_address(one) for one in written} - {""}


def _names_of(episode: EpisodeToPair) -> set[str]:
    """All that a card may call the episode by, to be bound to it."""
    return _addresses(*episode.addresses, episode.guid) | ({episode.guid.strip()} if episode.guid else set())


def _names_in(card: CardToPair) -> set[str]:
    return _addresses(card.link, card.guid, card.seen_at) | ({card.guid.strip()} if card.guid else set())


def _pairing(card: CardToPair, episode_id: str | None, probability: float, name: str, words: str) -> Pairing:
    decision = Decision.NONE
    if episode_id:
        decision = Decision.PAIRED if probability == 1.0 else Decision.REVIEW
    # What binds outright outweighs any sum of other evidence.
    weight = 100.0 if episode_id else 0.0
    return Pairing(
        card_id=card.id,
        episode_id=episode_id,
        decision=decision,
        probability=round(probability, 4),
        evidence=(Evidence(comparison=name, weight=weight, words=words),),
    )
