"""What mail clients do with features of HTML and CSS: facts from a table, and where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Support(StrEnum):
    """How a client does with a feature; the letters of the table."""

    KNOWN = "y"
    PARTLY = "a"
    NOT_KNOWN = "n"
    UNTESTED = "u"


@dataclass(frozen=True, slots=True)
class Platform:
    """A client on one kind of machine: Gmail on the web, Outlook on Windows."""

    client: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature by its key at Can I email, and how each platform does with it."""

    key: str
    support: Mapping[Platform, Support]
    #: What a reader sees where it is not known; empty when a mail must not depend on it.
    without: str

    def lacking(self) -> tuple[Platform, ...]:
        """The platforms that do not know it."""
        return tuple(where for where, how in self.support.items() if how is Support.NOT_KNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The whole table."""

    source: str
    #: The day of the facts, as their source gives it.
    date: date
    platforms: tuple[Platform, ...]
    features: Mapping[str, Feature]


@cache
def known_facts() -> Facts:
    """The table that comes with Letters."""
    return read_facts(files(__package__).joinpath("mail_clients.txt").read_text(encoding="utf-8"))


def read_facts(text: str) -> Facts:
    """The facts of a table in the form that the head of ``mail_clients.txt`` explains."""
    said = dict(re.findall(r"^# (source|date|platforms): (.+)$", text, re.MULTILINE))
    groups = re.findall(r"([^()]+) \(([^()]+)\)", said["platforms"])
    platforms = tuple(
        Platform(client.strip(), place) for client, places in groups for place in places.split(", ")
    )
    rows = (line for line in text.splitlines() if line and not line.startswith("#"))
    features = (_read_row(line, platforms, columns=len(groups)) for line in rows)
    return Facts(
        source=said["source"],
        date=date.fromisoformat(said["date"]),
        platforms=platforms,
        features={feature.key: feature for feature in features},
    )


def say_platforms(platforms: Iterable[Platform], facts: Facts) -> str:
    """Platforms in words, by client: "Gmail, Outlook (Windows)"; a client's places only where not all are meant."""
    wanted = set(platforms)
    clients: dict[str, list[Platform]] = {}
    for one in facts.platforms:
        clients.setdefault(one.client, []).append(one)
    said = []
    for client, all_of_it in clients.items():
        meant = [one.place for one in all_of_it if one in wanted]
        if meant:
            said.append(client if len(meant) == len(all_of_it) else f"{client} ({', '.join(meant)})")
    return ", ".join(said)


def _read_row(line: str, platforms: tuple[Platform, ...], *, columns: int) -> Feature:
    key, *rest = line.split(maxsplit=columns + 1)
    letters = "".join(rest[:columns])
    support = {where: Support(letter) for where, letter in zip(platforms, letters, strict=True)}
    return Feature(key=key, support=support, without=rest[columns] if len(rest) > columns else "")
