"""What went wrong with a source, as a person should read it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from letters.errors import Problem
from letters.model import Source
from letters.store.sources import SourceState
from letters.watch.poll import current_state
from letters.watch.values import Failed

UNREADABLE_REMEDY = "look for the feed's own address on the publisher's page"


def failure_problem(source: Source, failure: Failed) -> Problem:
    """A look that gave nothing. The address is named: it may not be the one the operator thinks of."""
    return Problem(
        where=_where(source), what=f"{without_password(source.url)}: {failure.what}", remedy=failure.remedy
    )


def gone_problem(source: Source) -> Problem:
    """The source said 410; it is told once when that happens, and again whenever all sources are asked for (R61)."""
    return Problem(
        where=_where(source),
        what=f"{without_password(source.url)}: answered 410 Gone; it is not asked any more",
        remedy="give its new address in config/sources.toml, or remove it there",
    )


def gone_problems(sources: Iterable[Source], states: Mapping[str, SourceState]) -> list[Problem]:
    """A notice for each source that was gone before this pass."""
    return [
        replace(gone_problem(source), is_notice=True)
        for source in sources
        if current_state(source, states.get(source.key)).gone_at is not None
    ]


def without_password(url: str) -> str:
    """An address without the name and password in it, for messages."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"


def _where(source: Source) -> str:
    return f'source "{source.key}"'
