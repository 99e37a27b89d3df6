"""Notices on their way: what is due is taken, written, handed to `send`, and its end recorded.

The verb that sends is not known here; the pipeline brings the two together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from letters.errors import Problem
from letters.links import Links
from letters.model import DeliveryState, NoticeEnd, NoticeMail
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.notices import (
    Notice,
    NoticeKind,
    NoticeState,
    end_notice,
    is_anything_due,
    prune_notices,
    take_notice,
)
from letters.store.sign_ups import (
    expire_sign_ups,
    find_address_change,
    find_sign_up,
    is_anything_expired,
)
from letters.store.subscribers import find_by_uid
from letters.subscribe.signing_up import is_fresh
from letters.text import Wordings, make_environment, render

#: How long after a try the next one comes, and how many there are: some eleven hours in all.
_DELAYS = (1, 2, 5, 15, 30, 60, 120, 120, 120, 180)
#: How long it is remembered that an address was written to.
_REMEMBERED = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesReport:
    """How many notices went out, wait for a later try, and were given up; how many sign-ups nobody confirmed in time."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    expired: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What a notice tells of, looked up when it is sent: what was taken back meanwhile is not told."""

    email: str
    name: str
    url: str
    #: Titles of the editions asked for; the other address of a change.
    editions: tuple[str, ...] = ()
    old: str = ""
    new: str = ""
    #: What the reader chose to be addressed in; empty: as the site.
    language: str = ""


@dataclass
class _Count:
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)


def send_notices(
    store: Store,
    settings: Settings,
    workspace: Workspace,
    *,
    send: Callable[[NoticeMail], NoticeEnd],
    now: datetime,
    stop: threading.Event | None = None,
) -> NoticesReport:
    """Send what is due by `send`, one after the other, and forget what nobody confirmed in time.

    Killed at any moment, it is made up for: what was taken is free again ten minutes later, and goes out with the same Message-ID.
    """
    asked_before = now - settings.subscribe.confirm_within
    with store.read() as c:
        # Asked every minute, and mostly for nothing: SQLite has one writer, and this must not be it then.
        if not is_anything_due(c, now=now) and not is_anything_expired(c, asked_before=asked_before):
            return NoticesReport()
    with store.write() as c:
        expired = expire_sign_ups(c, asked_before=asked_before)
        prune_notices(c, made_before=now - _REMEMBERED)
    count = _Count()
    while stop is None or not stop.is_set():
        with store.write() as c:
            notice = take_notice(c, now=now)
            facts = _facts(c, settings, notice, now=now) if notice else None
        if notice is None:
            break
        if facts is None:
            with store.write() as c:
                end_notice(c, notice.id, NoticeState.DROPPED, reason="no longer wanted", now=now)
            continue
        end = send(_write(settings, workspace, notice, facts))
        _record(store, notice, end, count, now=now)
        if end.is_shut:
            break
    return NoticesReport(
        sent=count.sent,
        deferred=count.deferred,
        failed=count.failed,
        expired=expired,
        problems=tuple(count.problems),
    )


def _record(store: Store, notice: Notice, end: NoticeEnd, count: _Count, *, now: datetime) -> None:
    with store.write() as c:
        if end.state is DeliveryState.SENT:
            count.sent += 1
            end_notice(c, notice.id, NoticeState.SENT, reason=end.reason, now=now)
        elif end.state is DeliveryState.FAILED or notice.attempts >= len(_DELAYS):
            count.failed += 1
            end_notice(c, notice.id, NoticeState.FAILED, reason=end.reason, now=now)
        else:
            count.deferred += 1
            later = now + timedelta(minutes=_DELAYS[notice.attempts - 1])
            end_notice(c, notice.id, NoticeState.PENDING, reason=end.reason, now=now, due_at=later)
            if end.is_shut:
                count.problems.append(
                    Problem(
                        where="subscribe",
                        what=f"mails to confirm wait: {end.reason}",
                        remedy="the next pass tries again",
                    )
                )


def _facts(c: Connection, settings: Settings, notice: Notice, *, now: datetime) -> _Facts | None:
    links = Links([key.get_secret_value() for key in settings.secrets.link_keys], settings.site.base_url)
    if notice.kind is NoticeKind.CONFIRM:
        asked = find_sign_up(c, notice.uid)
        if asked is None or not is_fresh(asked.asked_at, settings, now=now):
            return None
        titles = {edition.key: edition.title for edition in settings.editions}
        return _Facts(
            email=asked.email,
            # Not the name that was entered: it could be a stranger's message.
            name="",
            url=links.confirm_url(asked.uid),
            language=asked.language,
            editions=tuple(titles.get(key, key) for key in asked.editions),
        )
    reader, change = find_by_uid(c, notice.uid), find_address_change(c, notice.uid)
    if reader is None or change is None or notice.serial not in {change.old_serial, change.new_serial}:
        return None
    facts = _Facts(
        email=reader.email,
        name=reader.name,
        url=links.address_url(reader.uid, notice.serial),
        old=reader.email,
        new=change.email,
        language=reader.language,
    )
    return facts if notice.kind is NoticeKind.ADDRESS_OLD else replace(facts, email=change.email)


def _write(settings: Settings, workspace: Workspace, notice: Notice, facts: _Facts) -> NoticeMail:
    environment = make_environment(workspace.templates)
    # A reader who is served in a language that has no words of ours gets those of the site.
    is_spoken = bool(facts.language) and Wordings(workspace.templates).speaks(facts.language)
    shown = {
        "site": settings.site,
        "language": facts.language if is_spoken else settings.site.language,
        "url": facts.url,
        "email": facts.email,
        "editions": facts.editions,
        "old": facts.old,
        "new": facts.new,
    }
    # The first line of the text is the subject.
    subject, _, text = render(environment, f"notice/{notice.kind.value}.txt", **shown).partition("\n")
    return NoticeMail(
        message_id=notice.message_id,
        email=facts.email,
        name=facts.name,
        subject=subject.strip(),
        text=text.strip() + "\n",
        html=render(environment, f"notice/{notice.kind.value}.html", **shown),
    )
