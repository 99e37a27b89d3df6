"""Which hosts are left alone because several of their sources answered 429. Pure, but for the answers it collects.

``Retry-After`` holds one source. A host that turns away three of them means all of its sources, and asking the fourth
is what it asked us not to do (``docs/decisions/048-when-a-host-is-held.md``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from letters.net.pace import host_of
from letters.store.sources import SourceState
from letters.watch.moves import address_of
from letters.watch.values import Failed

#: So many sources that answer 429 hold their host.
ENOUGH = 3
#: How long an answer 429 counts that does not say itself how long.
UNSAID_WAIT = timedelta(hours=1)

_TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldHost:
    """A host whose sources are not asked."""

    host: str
    until: datetime
    #: How many of its sources answered 429.
    answers: int
    #: Whether it was held already when the pass began.
    is_old: bool


@dataclass(frozen=True, slots=True)
class _Refusal:
    at: datetime
    until: datetime


class HostHolds:
    """The hosts that are held at one time: by what is remembered, and by what a pass notes on its way.

    A host is held from the third 429 on that comes while two earlier ones are in force, until the latest of their
    wishes has passed. Places for which `is_exempt` answers True (those of ``allow_private``) are never held.
    """

    def __init__(
        self, states: Iterable[SourceState], *, now: datetime, is_exempt: Callable[[str], bool]
    ) -> None:
        self._now, self._is_exempt = now, is_exempt
        self._old: frozenset[str] = frozenset()
        self._refusals: defaultdict[str, dict[str, _Refusal]] = defaultdict(dict)
        for state in states:
            if state.last_status == _TOO_MANY and state.last_look_at is not None:
                until = state.retry_after_until or state.last_look_at + UNSAID_WAIT
                self._add(address_of(state), _Refusal(state.last_look_at, until))
        self._old = frozenset(held.host for held in self.held())

    def note(self, url: str, failed: Failed) -> None:
        """Take in that an address was just asked in vain; anything but a 429 means nothing for its host."""
        if failed.status == _TOO_MANY:
            wait = failed.wait if failed.wait is not None else UNSAID_WAIT
            self._add(url, _Refusal(self._now, self._now + wait))

    def is_held(self, url: str) -> bool:
        """Whether the address is to be left alone now."""
        return bool(self._refusals) and self.held_until(url) is not None

    def held_until(self, url: str) -> datetime | None:
        """Until when the address's host is held; None when it is not."""
        found = self._held(host_of(url))
        return found.until if found is not None else None

    def held(self) -> list[HeldHost]:
        """The hosts that are held, by name."""
        return [held for host in sorted(self._refusals) if (held := self._held(host)) is not None]

    def _add(self, url: str, refusal: _Refusal) -> None:
        if not self._is_exempt(url):
            self._refusals[host_of(url)][url] = refusal

    def _held(self, host: str) -> HeldHost | None:
        refusals = list(self._refusals[host].values()) if host in self._refusals else []
        if len(refusals) < ENOUGH:
            return None
        # In force together when the newest of them came. A held host is not asked, so nothing newer undoes a hold.
        newest = max(refusal.at for refusal in refusals)
        together = [refusal.until for refusal in refusals if refusal.until > newest]
        if len(together) < ENOUGH or max(together) <= self._now:
            return None
        return HeldHost(host=host, until=max(together), answers=len(together), is_old=host in self._old)
