"""Who takes part in an episode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from letters.model import Person
from letters.watch.parse.words import line, title_text, web_url

_MOST = 50


def people_of(
    persons: Iterable[Person], authors: Iterable[Mapping[str, Any]], *, base: str
) -> tuple[Person, ...]:
    """The persons named for the episode, then authors not among them. Somebody with two roles is listed twice."""
    named = {(person.name.casefold(), person.role): person for person in persons}
    names = {name for name, _role in named}
    for author in authors:
        person = make_person(author.get("name"), role="author", url=author.get("href"), base=base)
        if person is not None and person.name.casefold() not in names:
            named.setdefault((person.name.casefold(), person.role), person)
    return tuple(named.values())[:_MOST]


def make_person(
    name: object, *, role: object, base: str, url: object = "", image: object = ""
) -> Person | None:
    """A person with a name that is not a mail address; addresses are nobody's to publish."""
    text = title_text(name, is_html=True)[:200]
    if not text or "@" in text:
        return None
    return Person(
        name=text,
        role=line(role, longest=50).lower() or "host",
        url=web_url(url, base=base),
        image=web_url(image, base=base),
    )
