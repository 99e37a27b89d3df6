"""A title taken apart: what it says, and its decoration (the show's name, numbers, parts, tags)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from letters.pair.wording import clean, fold, is_spaceless, runs, word_set, words

#: Words that say in which form something is offered, never what it is about.
_FORM = word_set(
    "watch listen full complete interview episode ep show video audio podcast transcript transcripts subtitles with "
    "summary notes recap official hd 4k new live stream replay version youtube original uncut extended bonus content "
    "the of and in now out only 播客 视频 音频 完整版 文字稿 字幕 全文"
)
# Of these, alone, nothing may be concluded: "The Show", "New", "Live" are titles too.
_PLAIN = word_set("the of and in now out only new show live original with content bonus")

_SEPARATOR = re.compile(
    r"\s*\|\s*|\s+[-\u2013\u2014\u2015~\u00b7\u2022/]+\s+|\u2014\u2014+|(?<!\d):\s*|(?<=\d):\s+|:(?=[^\d\s])|\s*[\u2013\u2014](?=#)"
)
_SYMBOLS = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff\u3030\u303d\u3297\u3299\u20e3\u00a9\u00ae]+")
_BRACKETED = re.compile(r"\[([^\][]*)\]|\(([^)(]*)\)|\u3010([^\u3011\u3010]*)\u3011|\{([^}{]*)\}")

_DIGITS = r"(\d{1,5})"
_SEASON = re.compile(
    rf"\b(?:s|season\s?){_DIGITS}[\s,.:x]*(?:e|ep|episode)\.?\s?{_DIGITS}(?!\d)|\b(\d{{1,2}})x(\d{{2,3}})\b"
)
_NAMED_NUMBER = (
    rf"(?:#\s?|(?<![^\W\d_])(?:ep|eps|episode|episodio|aflevering|folge|no|nr|vol|issue|show)\.?\s?#?|(?<![^\W_])e){_DIGITS}(?![\d%,])"
    rf"|第\s?{_DIGITS}\s?[期集回话話篇]"
)
_NUMBERED = re.compile(_NAMED_NUMBER)
_LEADING = re.compile(rf"^{_DIGITS}(?:\s*[.\u3001)](?!\d)\s*|\s+(?=[{{}}]))")
_LONE = re.compile(rf"^#?{_DIGITS}\.?$")

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8}
_SPELT = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
}
_CHINESE = {"上": 1, "中": 2, "下": 3}
_PART = re.compile(
    r"\(?\b(?:part|pt|teil|deel|partie|parte)\b\.?\s?(\d{1,2}|[ivx]{1,4}|one|two|three|four|five|six)\b(?:\s?(?:of|/)\s?\d+)?\)?"
    r"|\((\d{1,2})\s?(?:/|of)\s?\d{1,2}\)|[(\[]([上中下])[)\]]|([上中下])[篇集]|第([一二三四五])部分?|\b(ii|iii|iv)\s*$"
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
#: Words that say that this is not the thing itself, or not for the first time.
_MARKERS = {
    "trailer": r"\b(?:trailer|teaser|coming soon)\b|预告",
    "clip": r"\b(?:clip|excerpt|highlights)\b",
    "re-run": r"\b(?:re ?run|encore|rebroadcast|from the archives?|revisited)\b|重播",
    "best of": r"\b(?:best of|greatest hits|essentials)\b",
    "update": r"\b(?:updated?)\b",
    "guest show": r"\b(?:introducing|presents|feed drop|from our friends)\b",
    "bonus": r"\bbonus\b|番外|加更",
}
_MARKED = re.compile("|".join(f"({signs})" for signs in _MARKERS.values()))
_MARKER_NAMES = tuple(_MARKERS)

#: From this likeness in per cent on, titles of some length differ by slips of the pen.
_NEARLY = 90.0
_LONG = 18
_LONG_SPACELESS = 8
_DIGIT_RUNS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Title:
    """What a title says once its decoration is off, and what the decoration said."""

    #: Folded, without decoration, words separated by single spaces.
    text: str
    words: tuple[str, ...]
    number: int | None = None
    season: int | None = None
    part: int | None = None
    years: frozenset[int] = frozenset()
    markers: frozenset[str] = frozenset()
    #: Names of series within the show that stood before or after it.
    series: frozenset[str] = frozenset()
    #: The folded pieces between separators that were kept, in order.
    segments: tuple[str, ...] = ()
    #: The same without spaces.
    pieces: frozenset[str] = frozenset()
    #: Ends in dots: the rest was cut off.
    cut_off: bool = False
    #: Equal for titles that differ only in decoration, punctuation, spaces, case and accents.
    key: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.text.replace(" ", ""))


def read_title(title: str, decorations: Collection[str] = (), series: Collection[str] = ()) -> Title:
    """Take a title apart.

    `decorations` are names of the show (`compact`; those that end in ``#`` only count before a number), `series` are
    pieces that recur in the show's titles; both are taken off where they stand alone between separators.
    """
    text = _SYMBOLS.sub(" | ", clean(title))
    bare = text.rstrip(" |\"'\u201d\u2019")
    cut_off = bare.endswith(("...", "\u2026"))
    folded = fold(bare.rstrip(".\u2026 ") if cut_off else text)
    season, folded = _take_season(folded)
    part, folded = _take_part(folded)
    pieces, number = _strip(folded, decorations)
    if season:
        number = season[1]
    named = frozenset(one for piece in pieces if (one := compact(piece)) in series)
    pieces = [piece for piece in pieces if compact(piece) not in series] or pieces
    kept = " ".join(" ".join(runs(piece)) for piece in pieces)
    return Title(
        text=kept,
        words=tuple(word for piece in pieces for word in words(piece)),
        number=number,
        season=season[0] if season else None,
        part=part,
        years=frozenset(int(year) for year in _YEAR.findall(folded)),
        markers=_find_markers(folded),
        series=named,
        segments=tuple(pieces),
        pieces=frozenset(map(compact, pieces)),
        cut_off=cut_off,
    )


def nearly_equal(key: str, other: str) -> bool:
    """Whether two titles' keys are of some length and differ by slips of the pen; other digits are never that."""
    # The likeness first: it is soonest told, and hardly any two are so alike.
    if len(key) < _LONG_SPACELESS or not fuzz.ratio(key, other, score_cutoff=_NEARLY):
        return False
    return len(key) >= long_key(key) and _DIGIT_RUNS.findall(key) == _DIGIT_RUNS.findall(other)


def long_key(key: str) -> int:
    """How many characters of a title are too many to agree by chance."""
    return _LONG_SPACELESS if is_spaceless(key) else _LONG


def compact(folded: str) -> str:
    """The letters and digits of a folded text."""
    return "".join(runs(folded))


def is_form(folded: str) -> bool:
    """Whether a piece only tells the form: "full interview", "with transcript"."""
    found = [word.rstrip("0123456789") or word for word in runs(folded)]
    return bool(found) and set(found) <= _FORM and not set(found) <= _PLAIN


def _take_season(folded: str) -> tuple[tuple[int, int] | None, str]:
    found = _SEASON.search(folded)
    if not found:
        return None, folded
    season, number = (int(group) for group in found.groups() if group)
    return (season, number), f"{folded[: found.start()]} | {folded[found.end() :]}"


def _take_part(folded: str) -> tuple[int | None, str]:
    found = _PART.search(folded)
    if not found:
        return None, folded
    group = next(group for group in found.groups() if group)
    value = _ROMAN.get(group) or _SPELT.get(group) or _CHINESE.get(group)
    if value is None and not group.isdigit():
        return None, folded
    return value or int(group), f"{folded[: found.start()]} {folded[found.end() :]}"


def _strip(folded: str, decorations: Collection[str]) -> tuple[list[str], int | None]:
    """The pieces that say something, and the episode's number."""
    folded = _BRACKETED.sub(_unless_form, folded)
    whole = [
        piece for piece in (p.strip(" -\u2013\u2014,;:/\"'") for p in _SEPARATOR.split(folded)) if runs(piece)
    ]
    pieces = [piece for piece in whole if not is_form(piece)]
    number: int | None = None
    kept: list[str] = []
    for at, piece in enumerate(pieces):
        rest, found = _take_number(_without_name(piece, decorations), lone=at == 0 or at == len(pieces) - 1)
        number = found if number is None else number
        if runs(rest) and not is_form(rest) and compact(rest) not in decorations:
            kept.append(rest)
    # Nothing but decoration: then the decoration is the title.
    return kept or pieces or whole, number


def _unless_form(found: re.Match[str]) -> str:
    inside = next(group for group in found.groups() if group is not None)
    return " | " if not runs(inside) or is_form(inside) else f" {found[0]} "


def _without_name(piece: str, decorations: Collection[str]) -> str:
    """A piece such as "the lantern hour #28" without the name; others as they are."""
    number = _NUMBERED.search(piece) or re.search(rf"\b{_DIGITS}$", piece)
    if not number or number.end() != len(piece):
        return piece
    before = piece[: number.start()]
    name = compact(before)
    named = name in decorations or f"{name}#" in decorations
    return f"#{next(group for group in number.groups() if group)}" if named else piece


def _take_number(piece: str, *, lone: bool) -> tuple[str, int | None]:
    found = _LONE.match(piece)
    if found:
        plausible = piece.startswith("#") or (lone and not _YEAR.fullmatch(found[1]))
        return ("", int(found[1])) if plausible else (piece, None)
    found = _NUMBERED.search(piece)
    if found and (found.start() == 0 or found.end() == len(piece)):
        value = int(next(group for group in found.groups() if group))
        return f"{piece[: found.start()]} {piece[found.end() :]}".strip(" .:,-\u2013\u2014"), value
    found = _LEADING.match(piece)
    if found and not _YEAR.fullmatch(found[1]):
        return piece[found.end() :], int(found[1])
    return piece, None


def _find_markers(folded: str) -> frozenset[str]:
    found = _MARKED.finditer(" ".join(runs(folded)))
    return frozenset(_MARKER_NAMES[one.lastindex - 1] for one in found if one.lastindex)
