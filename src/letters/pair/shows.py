"""Which show a card speaks of: from its credit's publisher to the names of the shows we have."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from letters.pair.titles import compact, read_title
from letters.pair.wording import fold, runs, word_set

#: Words of a show's name that its other spellings leave out.
_GENERIC = word_set(
    "the a an le la les der die das de het el podcast podcasts pod show video audio official channel radio 播客 频道"
)
# Scripts without spaces add such a word to the name itself.
_GENERIC_ENDING = re.compile(r"(?<=.)(?:播客|频道|节目|电台|ポッドキャスト|팟캐스트)$")
_BRACKETED = re.compile(r"[(\[]([^)\]]*)[)\]]")
_CUT = re.compile(r"\s*[|/]\s*|\s+[-\u2013\u2014]\s+|:\s+")
_HOSTED = re.compile(r"\b(?:with|by|hosted by|presented by|met|mit|avec|con)\b")

#: A piece that begins or ends this many titles of a show, and this share of them, is decoration.
_RECURRING_TITLES = 4
_RECURRING_SHARE = 0.08
#: With this share of the titles it is as good as a name of the show.
_NAMING_SHARE = 0.3


def name_key(name: str) -> str:
    """A show's name without case, accents, articles, punctuation and words such as "podcast"."""
    found = runs(fold(name))
    return "".join(_GENERIC_ENDING.sub("", word) for word in found if word not in _GENERIC) or "".join(found)


def name_keys(name: str) -> dict[str, None]:
    """The forms under which a name may be met, the whole first: also without its subtitle and its host, and the short
    form it gives in brackets."""
    folded = fold(name)
    without = _BRACKETED.sub(" ", folded)
    first = _CUT.split(without)[0]
    programme, *hosts = _HOSTED.split(first, maxsplit=1)
    forms = [folded, without, first, programme]
    forms += [inside for inside in _BRACKETED.findall(folded) if len(runs(inside)) == 1]
    # A channel is often called by its host; a first name alone is too little.
    forms += [host for host in hosts if len(runs(host)) > 1]
    keys = (name_key(form) for form in forms)
    return dict.fromkeys(key for key in keys if len(key) > 1)


def decorations_of(names: Iterable[str]) -> set[str]:
    """What may stand before or after the titles of a show with these names."""
    found: set[str] = set()
    for name in names:
        whole = runs(fold(name))
        found |= {"".join(whole), name_key(name), *name_keys(name)}
        initials = "".join(word[0] for word in whole if word not in _GENERIC)
        if len(initials) > 1:
            # The short form that shows number themselves with: "TLH 12", "LHP 12".
            found |= {f"{initials}#", f"{initials}p#", f"{''.join(word[0] for word in whole)}#"}
    return {one for one in found if len(one) > 1}


@dataclass
class Show:
    """A show: its episodes' common key, what it is called, and what decorates its titles."""

    key: str
    names: dict[str, None] = field(default_factory=dict)
    decorations: frozenset[str] = frozenset()
    #: Pieces that recur in its titles, such as the name of a series within it.
    series: frozenset[str] = frozenset()


def recurring(titles: Sequence[str], decorations: Collection[str]) -> Counter[str]:
    """How often each piece begins or ends a title, for those that do so too often to tell episodes apart."""
    counts: Counter[str] = Counter()
    for title in titles:
        segments = read_title(title, decorations).segments
        if len(segments) > 1:
            counts.update({compact(segments[0]), compact(segments[-1])})
    least = max(_RECURRING_TITLES, _RECURRING_SHARE * len(titles))
    return Counter({piece: count for piece, count in counts.items() if count >= least})


def gather_shows(titles: Mapping[str, Sequence[str]], names: Mapping[str, Iterable[str]]) -> dict[str, Show]:
    """The shows by key. Pieces that recur in a show's titles are learned: as decoration, and as a name where most have it."""
    shows = {}
    for key in sorted(titles):
        own = tuple(dict.fromkeys(names[key]))
        decorations = decorations_of(own)
        learned = recurring(titles[key], decorations)
        keys = {one: None for name in own for one in name_keys(name)}
        keys |= {
            piece: None
            for piece, count in sorted(learned.items())
            if count >= _NAMING_SHARE * len(titles[key]) and not piece.isdigit()
        }
        naming = {piece for piece in keys if piece in learned}
        shows[key] = Show(
            key=key,
            names=keys,
            decorations=frozenset(decorations | naming),
            series=frozenset(learned) - naming,
        )
    return shows


class ShowFinder:
    """Finds shows by the name a card's credit gives."""

    def __init__(self, shows: Iterable[Show]) -> None:
        self._by_name: dict[str, set[str]] = defaultdict(set)
        for show in shows:
            self.add(show.key, show.names)

    def add(self, show: str, names: Iterable[str]) -> None:
        """More names of a show, in the forms that `name_keys` gives."""
        for name in names:
            self._by_name[name].add(show)

    def find(self, publisher: str) -> tuple[str, ...]:
        """Keys of the shows of that name: mostly one, several where two sources share a name, none when unknown.

        The fullest form of the name that any show has decides.
        """
        for name in name_keys(publisher):
            if name in self._by_name:
                return tuple(sorted(self._by_name[name]))
        return ()
