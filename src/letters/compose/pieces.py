"""What an issue's templates put into their frame: pieces that are set once and shared by all choices that see them so."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from markupsafe import escape

from letters.compose.view import CardView
from letters.model import MARK_HOST

#: A macro of a template.
Macro = Callable[..., object]
#: Sets pieces of markup, all at once; gives as many.
Setter = Callable[[Sequence["Piece"]], Sequence[str]]

# Where something goes. Foreign text is free of this host (`letters.compose.words.clean_text`), so it cannot ask for a place.
_MARK = f"{MARK_HOST}/piece/"
_PLACED = re.compile(rf"{re.escape(_MARK)}(\d+);")
_RUN = re.compile(rf"{re.escape(_MARK)}\d+;(?:\s*{re.escape(_MARK)}\d+;)*")
_NOTE = f"{MARK_HOST}/note/"
_NOTED = re.compile(rf"{re.escape(_NOTE)}(\d+);")
# Some megabytes: the cards of an issue in each detail and below each heading.
_AT_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A macro's output, and where it came from."""

    macro: str
    #: The card that it shows, in words; empty for a heading.
    about: str
    markup: str


class _Key:
    """What a piece depends on. A card has many texts, and a key is looked up several times: it is hashed once."""

    __slots__ = ("_hash", "_parts")

    def __init__(self, *parts: Hashable) -> None:
        self._parts = parts
        self._hash = hash(parts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._hash == other._hash and self._parts == other._parts


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to stand in one place."""

    macro: Macro
    arguments: tuple[object, ...]
    key: _Key


def note(number: int) -> str:
    """A stand-in for the note of a card's link; notes depend on what stands before the card."""
    return f"{_NOTE}{number};"


class Shelf:
    """Finished pieces by what they depend on; the least recently used goes first."""

    def __init__(self) -> None:
        self._pieces: dict[Hashable, str] = {}

    def get(self, key: Hashable) -> str | None:
        piece = self._pieces.pop(key, None)
        if piece is not None:
            self._pieces[key] = piece
        return piece

    def put(self, key: Hashable, piece: str) -> None:
        if len(self._pieces) >= _AT_MOST:
            del self._pieces[next(iter(self._pieces))]
        self._pieces[key] = piece


@dataclass
class Placing:
    """The pieces of one rendering: `place` and `say` are what its templates call, `fill` puts all of it in.

    `same` is what a piece may depend on beside a macro's arguments: all that is equal in every rendering of an issue.
    """

    shelf: Shelf
    same: Hashable
    #: Finished words, or a macro and what it was given.
    _asked: list[str | _Asked] = field(default_factory=list)
    _found: dict[Hashable, str] = field(default_factory=dict)
    _new: dict[Hashable, Piece] = field(default_factory=dict)

    def place(self, macro: Macro, *arguments: object) -> str:
        """A stand-in for what the macro makes of these arguments."""
        self._asked.append(self._want(macro, arguments))
        return self._stand_in()

    def _want(self, macro: Macro, arguments: tuple[object, ...]) -> _Asked:
        name = str(getattr(macro, "name", macro))
        key = _Key(self.same, name, arguments)
        if key not in self._found and key not in self._new:
            kept = self.shelf.get(key)
            if kept is None:
                self._new[key] = make_piece(macro, name, arguments)
            else:
                self._found[key] = kept
        return _Asked(macro, arguments, key)

    def say(self, words: object) -> str:
        """A stand-in for words that differ from reader to reader, escaped."""
        self._asked.append(str(escape(words)))
        return self._stand_in()

    def _stand_in(self) -> str:
        return f"{_MARK}{len(self._asked) - 1};"

    def frame(self, rendered: str) -> tuple[str, list[str]]:
        """The frame with one stand-in for each run of pieces, so that equal frames are equal texts; and the runs."""
        runs: list[str] = []

        def number(found: re.Match[str]) -> str:
            runs.append(found[0])
            return f"{_MARK}{len(runs) - 1};"

        return _RUN.sub(number, rendered), runs

    def set_pieces(self, setter: Setter) -> None:
        """Set what is new, all at once."""
        if self._new:
            for key, piece in zip(self._new, setter(list(self._new.values())), strict=True):
                self._found[key] = piece
                self.shelf.put(key, piece)
            self._new.clear()

    def grows(self, instead: Sequence[tuple[CardView, CardView]], setter: Setter) -> int | None:
        """By how many bytes the whole would grow with other cards in the places of these.

        None when a card has not exactly one place: then the templates make something else of it as well.
        """
        places: dict[int, list[_Asked]] = {}
        for asked in self._asked:
            if isinstance(asked, _Asked) and (card := card_of(asked.arguments)) is not None:
                places.setdefault(id(card), []).append(asked)
        pairs: list[tuple[_Asked, _Asked]] = []
        for card, other in instead:
            place = places.get(id(card), [])
            if len(place) != 1:
                return None
            arguments = tuple(other if each is card else each for each in place[0].arguments)
            pairs.append((place[0], self._want(place[0].macro, arguments)))
        self.set_pieces(setter)
        return sum(self._bytes(other) - self._bytes(asked) for asked, other in pairs)

    def _bytes(self, asked: _Asked) -> int:
        return len(self._found[asked.key].encode())

    def fill(self, frame: str, runs: Sequence[str]) -> str:
        """The frame with every piece in its place."""
        return _PLACED.sub(lambda found: self.fill_in(runs[int(found[1])]), frame)

    def fill_in(self, text: str) -> str:
        """A text with the pieces that it has stand-ins for."""
        return _PLACED.sub(lambda found: self._piece(int(found[1])), text)

    def _piece(self, number: int) -> str:
        asked = self._asked[number]
        if isinstance(asked, str):
            return asked
        card = card_of(asked.arguments)
        piece = self._found[asked.key]
        if card is None or _NOTE not in piece:
            return piece
        return _NOTED.sub(lambda found: str(card.links[int(found[1])].note), piece)


def make_piece(macro: Macro, name: str, arguments: Sequence[object]) -> Piece:
    """What the macro makes of it; an error in it says which card tripped it."""
    card = card_of(arguments)
    about = f'card "{card.title}"' if card else ""
    try:
        return Piece(name, about, str(macro(*arguments)))
    except Exception as error:
        if about:
            error.add_note(about)
        raise


def card_of(arguments: Sequence[object]) -> CardView | None:
    return next((each for each in arguments if isinstance(each, CardView)), None)
