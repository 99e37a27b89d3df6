"""What the tests of this room share: an issue that is ready to go, and a relay that does as it is told."""

from __future__ import annotations

import asyncio
import email
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.policy import SMTP as SMTP_POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import SecretStr
from sqlalchemy import func, select

from letters.deliver import DeliverReport, deliver
from letters.deliver.batch import Stop
from letters.deliver.colleagues import Colleagues
from letters.deliver.desk import Desk
from letters.deliver.rounds import Rounds
from letters.model import (
    Choice,
    DeliveryState,
    Edition,
    Issue,
    IssueState,
    Occurrence,
    PersonalLink,
    Rendering,
    Subscriber,
    SubscriberStatus,
)
from letters.settings import Settings, Workspace
from letters.settings.types import (
    DeliverySettings,
    PairSettings,
    PublishSettings,
    RelaySettings,
    Secrets,
    SiteSettings,
    SmtpSettings,
    StoreSettings,
    WatchSettings,
)
from letters.store import Store
from letters.store.explaining import explain
from letters.store.issues import add_issue, find_issue
from letters.store.subscribers import save_subscribers
from letters.store.tables import delivery

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EDITIONS = (
    Edition(key="weekly", title="AI policy, weekly", when="0 8 * * MON"),
    Edition(key="local", title="At your hour", when="0 8 * * *", zone="recipient"),
)


def make_settings(
    *,
    smtp: SmtpSettings | None = None,
    relays: tuple[RelaySettings, ...] = (),
    unknown: str = "resend",
    **site: str,
) -> Settings:
    return Settings(
        site=SiteSettings(title="Signal", base_url="https://signal.example", **site),  # type: ignore[arg-type]
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(),
        publish=PublishSettings(),
        delivery=DeliverySettings(
            **{"from": "Signal <news@signal.example>"},
            transport="smtp" if smtp or relays else "outbox",
            relay=relays,
            smtp=smtp or SmtpSettings(),
            unknown=unknown,  # type: ignore[arg-type]
        ),
        editions=EDITIONS,
        secrets=Secrets(link_keys=(SecretStr("k"),), smtp_password=SecretStr("let me in")),
    )


def rendering(choice: str = "", *, entries: tuple[str, ...] = ("e1",), words: str = "Grüße") -> Rendering:
    leave, choose = PersonalLink.UNSUBSCRIBE.value, PersonalLink.PREFERENCES.value
    if not entries:
        return Rendering(choice=choice, subject="", preheader="", html="", text="")
    return Rendering(
        choice=choice,
        subject=f"Für dich: {words}",
        preheader="",
        html=f'<p lang="de">{words}</p><a href="{leave}">leave</a> <a href="{choose}">choose</a>',
        text=f"{words}\n.a line that begins with a dot\n\nLeave: {leave}\nChoose: {choose}\n",
        entries=entries,
    )


@dataclass
class World:
    """A store with an approved issue, and a workspace."""

    store: Store
    workspace: Workspace
    settings: Settings

    def add_readers(self, count: int, *, edition: str = "weekly", **fields: object) -> None:
        rows = [
            Subscriber(
                **{  # type: ignore[arg-type]
                    "email": f"r{n}@reader.example",
                    "name": f"Reader {n}",
                    "editions": (edition,),
                    "status": SubscriberStatus.CONFIRMED,
                    "uid": f"uid-{n}",
                    **fields,
                }
            )
            for n in range(count)
        ]
        self.save(*rows)

    def save(self, *rows: Subscriber) -> None:
        with self.store.write() as c:
            save_subscribers(c, rows, now=NOON)

    def add_issue(
        self,
        *renderings: Rendering,
        edition: str = "weekly",
        number: int = 1,
        state: IssueState = IssueState.APPROVED,
        at: datetime = NOON,
    ) -> Issue:
        with self.store.write() as c:
            issue = add_issue(
                c,
                edition=edition,
                occurrence=Occurrence(at=at, local_date=date(2026, 11, 22 + number)),
                number=number,
                state=state,
                composed_at=at,
                renderings=renderings or (rendering(),),
            )
        assert issue is not None
        return issue

    def deliver(self, now: datetime = NOON, **options: object) -> DeliverReport:
        return deliver(self.store, self.settings, self.workspace, now=now, **options)  # type: ignore[arg-type]

    def states(self, edition: str = "weekly", number: int = 1) -> dict[str, DeliveryState | None]:
        with self.store.read() as c:
            issue = find_issue(c, edition, number)
            assert issue is not None
            return {one.email.partition("@")[0]: one.state for one in explain(c, issue.id)}

    def reasons(self, edition: str = "weekly", number: int = 1) -> dict[str, str]:
        with self.store.read() as c:
            issue = find_issue(c, edition, number)
            assert issue is not None
            return {one.email.partition("@")[0]: one.reason for one in explain(c, issue.id)}

    def issue_state(self, edition: str = "weekly", number: int = 1) -> IssueState:
        with self.store.read() as c:
            issue = find_issue(c, edition, number)
        assert issue is not None
        return issue.state

    def outbox(self, edition: str = "weekly", number: int = 1) -> dict[str, bytes]:
        folder = self.workspace.outbox / edition / str(number)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.exists() else {}


def choice(**keys: str) -> Choice:
    return Choice(**{name: frozenset({key}) for name, key in keys.items()})  # type: ignore[arg-type]


@dataclass
class Delivered:
    """A message that the relay took."""

    recipient: str
    message_id: str
    content: bytes


@dataclass
class RelayScript:
    """What the relay says: functions that give an answer, or None for the usual one."""

    on_mail: Callable[[str], str | None] = lambda sender: None
    on_rcpt: Callable[[str], str | None] = lambda recipient: None
    #: Called with the recipient and how many messages this connection has taken.
    on_data: Callable[[str, int], str | None] = lambda recipient, taken: None
    #: Recipients after whose content the connection is dropped; the message counts as taken.
    drop_after_data: set[str] = field(default_factory=set)
    #: Recipients at whose RCPT TO the connection is dropped, and how many times.
    drop_at_rcpt: dict[str, int] = field(default_factory=dict)


class TestRelay:
    """An SMTP server in a thread of its own, which logs what it took."""

    __test__ = False

    def __init__(
        self, *, with_auth: bool = False, ssl_context: ssl.SSLContext | None = None, **options: object
    ) -> None:
        if with_auth:
            options["authenticator"] = self.authenticate
        self.script = RelayScript()
        self.taken: list[Delivered] = []
        self.sessions: set[int] = set()
        self.logins: list[str] = []
        self._taken_by: Counter[int] = Counter()
        self._ssl_context = ssl_context
        self._options = {"enable_SMTPUTF8": True, **options}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(
            lambda: SMTP(self, loop=self._loop, **self._options),  # type: ignore[arg-type]
            "127.0.0.1",
            0,
            ssl=self._ssl_context,
        )

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def named(self, name: str, **changes: object) -> RelaySettings:
        return RelaySettings(**{"name": name, **self.settings().model_dump(), **changes})  # type: ignore[arg-type]

    def settings(self, **changes: object) -> SmtpSettings:
        return SmtpSettings(
            **{
                "host": "127.0.0.1",
                "port": self.port,
                "tls": "none",
                "connections": 2,
                "timeout": "20s",
                **changes,
            }  # type: ignore[arg-type]
        )

    @property
    def recipients(self) -> Counter[str]:
        return Counter(one.recipient.partition("@")[0] for one in self.taken)

    @property
    def message_ids(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for one in self.taken:
            found.setdefault(one.recipient.partition("@")[0], set()).add(one.message_id)
        return found

    # What follows is called by aiosmtpd.

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        envelope.mail_from = address
        return self.script.on_mail(address) or "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        name = address.partition("@")[0]
        if self.script.drop_at_rcpt.get(name, 0):
            self.script.drop_at_rcpt[name] -= 1
            _hang_up(server)
        answer = self.script.on_rcpt(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        answer = self.script.on_data(recipient, self._taken_by[id(session)])
        if answer is not None:
            return answer
        content = envelope.original_content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=SMTP_POLICY)
        self.taken.append(Delivered(recipient, str(message["Message-ID"]), content))
        self._taken_by[id(session)] += 1
        if recipient.partition("@")[0] in self.script.drop_after_data:
            _hang_up(server)
        return "250 2.0.0 queued"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        login = getattr(data, "login", b"").decode()
        self.logins.append(login)
        return AuthResult(success=getattr(data, "password", b"") == b"let me in", handled=False)


def _hang_up(server: SMTP) -> None:
    assert server.transport is not None
    server.transport.abort()


def wait_for(condition: Callable[[], bool], *, what: str) -> None:
    """Wait until something is so that another thread or process does; it is not timed, only bounded."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def send_last() -> Callable[..., Stop | None]:
    """`Rounds.send`, begun once a colleague has claimed something."""
    usual = Rounds.send

    def later(self: Rounds, desk: Desk, others: Colleagues, **options: Any) -> Stop | None:
        def has_begun() -> bool:
            with self._store.read() as c:
                return bool(c.scalar(select(func.max(delivery.c.attempts))))

        if others.processes > 1:
            wait_for(has_begun, what="no colleague claims anything")
        return usual(self, desk, others, **options)

    return later
