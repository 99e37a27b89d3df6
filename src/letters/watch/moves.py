"""When a source has moved: permanent redirects that agree over days. Pure.

The address in ``config/sources.toml`` is never rewritten; the address that is asked moves, and the operator is told
what to write (``docs/decisions/049-when-a-source-has-moved.md``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from yarl import URL

from letters.store.sources import SourceState
from letters.watch.parse.values import Hints

#: So many answers in a row, and so much time between the first and the last of them, make a move (R60).
ENOUGH_ANSWERS = 3
LONG_ENOUGH = timedelta(days=3)


def address_of(state: SourceState) -> str:
    """Where the source is asked: where it moved to, else where it is configured to be."""
    return state.moved_url or state.url


def after_redirects(
    state: SourceState, moved_to: str, *, hints: Hints, is_whole: bool, is_familiar: bool, now: datetime
) -> SourceState:
    """Weigh what an answer says of a move: `moved_to` is where permanent redirects alone led, empty if nowhere.

    Three answers over three days that lead to the same address move the source there, if the last of them gave a whole
    document (`is_whole`) that holds entries of the source (`is_familiar`). Any answer that leads elsewhere, or nowhere,
    starts over, and so does a document that itself says that it lives elsewhere (``itunes:new-feed-url``).
    """
    if not moved_to:
        return _forgotten(state) if state.moving_url else state
    if not is_familiar or not _may_move(address_of(state), moved_to) or _contradicts(hints, moved_to):
        return _forgotten(state)
    if state.moving_url != moved_to or state.moving_since is None:
        return state._replace(moving_url=moved_to, moving_since=now, moving_answers=1)
    agreed = state._replace(moving_answers=state.moving_answers + 1)
    if not is_ripe(agreed, now=now):
        return agreed
    if is_whole:
        return _moved(agreed)
    # "Not modified" does not show what lies at the new address. Without validators the next answer is whole.
    return agreed._replace(etag=None, last_modified=None)


def after_disagreement(state: SourceState) -> SourceState:
    """The redirects led to something that is not the source: what they said does not count."""
    return _forgotten(state) if state.moving_url else state


def is_ripe(state: SourceState, *, now: datetime) -> bool:
    """Whether answers have agreed often and long enough."""
    since = state.moving_since
    return since is not None and state.moving_answers >= ENOUGH_ANSWERS and now - since >= LONG_ENOUGH


def is_lost(state: SourceState, *, now: datetime) -> bool:
    """Whether a moved source has failed at its new address for so long that its configured one is to be tried again."""
    since = state.failing_since
    return bool(state.moved_url) and since is not None and now - since >= LONG_ENOUGH


def back_home(state: SourceState) -> SourceState:
    """The source is asked at its configured address again. Validators were given by another place."""
    return _forgotten(state)._replace(moved_url="", etag=None, last_modified=None)


def same_place(one: str, other: str) -> bool:
    """Whether two addresses differ by no more than http and https, a host's case and a final slash."""
    return _plain(one) == _plain(other)


def _moved(state: SourceState) -> SourceState:
    target = _with_user(address_of(state), state.moving_url)
    return _forgotten(state)._replace(moved_url="" if target == state.url else target)


def _forgotten(state: SourceState) -> SourceState:
    return state._replace(moving_url="", moving_since=None, moving_answers=0)


def _may_move(asked: str, target: str) -> bool:
    """A redirect never moves a source from an encrypted address to one that anybody on the way can answer for."""
    return not (asked.lower().startswith("https:") and target.lower().startswith("http:"))


def _contradicts(hints: Hints, moved_to: str) -> bool:
    return bool(hints.new_feed_url) and not same_place(hints.new_feed_url, moved_to)


def _with_user(asked: str, target: str) -> str:
    """The target with the name and password that the asked address bears, which go no further than its own origin."""
    try:
        old, new = URL(asked), URL(target)
        if old.user is None or old.origin() != new.origin():
            return target
        return str(new.with_user(old.user).with_password(old.password))
    except ValueError:
        return target


def _plain(url: str) -> str:
    scheme, separator, rest = url.strip().partition("://")
    host, slash, path = rest.partition("/")
    if scheme.lower() not in {"http", "https"} or not separator:
        return url
    return f"{host.lower()}{slash}{path}".rstrip("/")
