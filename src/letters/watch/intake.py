"""Which feeds of a list become sources, under which keys, and why the others do not. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from letters.errors import Problem
from letters.model import Source
from letters.settings.addresses import normalised
from letters.settings.edit import Addition, complaint_about
from letters.text import KEY, make_key
from letters.watch.opml import Subscription
from letters.watch.problems import without_password


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What a list comes to beside the sources that are there already."""

    additions: tuple[Addition, ...] = ()
    #: With the key of the source that has the address.
    already: tuple[tuple[Subscription, str], ...] = ()
    #: With the earlier place in the same list.
    repeated: tuple[tuple[Subscription, Subscription], ...] = ()
    #: A problem for each feed that cannot be a source.
    invalid: tuple[Problem, ...] = ()


def take_in(subscriptions: Iterable[Subscription], sources: Sequence[Source], *, where: str) -> Intake:
    """Sort a list's feeds; addresses that differ only in spelling are one feed."""
    owners = {normalised(source.url): source.key for source in sources}
    taken = {source.key for source in sources}
    first: dict[str, Subscription] = {}
    additions, already, repeated, invalid = [], [], [], []
    for subscription in subscriptions:
        form = normalised(subscription.url)
        source = _as_source(subscription, taken)
        if complaint := complaint_about(source):
            what = f"{_name(subscription)}{complaint}"
            invalid.append(Problem(where=where, line=subscription.line, what=what))
        elif form in owners:
            already.append((subscription, owners[form]))
        elif form in first:
            repeated.append((subscription, first[form]))
        else:
            first[form] = subscription
            taken.add(source.key)
            additions.append(Addition(source=source, folder=subscription.folder))
    return Intake(
        additions=tuple(additions), already=tuple(already), repeated=tuple(repeated), invalid=tuple(invalid)
    )


def owner_of(urls: Iterable[str], sources: Iterable[Source]) -> Source | None:
    """The source that has one of these addresses already, in whatever spelling."""
    forms = {normalised(url) for url in urls}
    return next((source for source in sources if normalised(source.url) in forms), None)


def key_for(title: str, url: str, taken: Container[str]) -> str:
    """A new source's key: of its title, else of its host."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    return make_key(title or host or url, taken)


def _as_source(subscription: Subscription, taken: Container[str]) -> Source:
    key = key_for(subscription.title, subscription.url, taken)
    own = subscription.source
    if own is None:
        return Source(key=key, url=subscription.url, show=subscription.title)
    # A key never changes, or every episode would be new: that of a list of ours is kept wherever it can be.
    return own if KEY.fullmatch(own.key) and own.key not in taken else replace(own, key=key)


def _name(subscription: Subscription) -> str:
    if subscription.title:
        return f'"{subscription.title}": '
    return f"{without_password(subscription.url)[:80]}: "
