"""What passes between a hub and us (WebSub sections 5 to 7): requests, answers, verifications, signatures. Pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from yarl import URL

from letters.store.pushes import PushState, PushSubscription
from letters.watch.websub import DENIED_FOR, Mode, renewal

#: What we ask for; hubs decide (section 8.2 of WebSub calls it a good default).
LEASE = timedelta(days=10)
#: What is believed of a hub that names no lease, and the most that is believed at all.
ASSUMED_LEASE = timedelta(days=1)
LONGEST_LEASE = timedelta(days=30)

# As registered in section 7.1. Most hubs still sign with SHA-1, which is weak as a digest, not as an HMAC (RFC 6194).
_ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})
_LONGEST_CHALLENGE = 1_000
_LONGEST_REASON = 200
_MOST_FIELDS = 20
# Refusals that are about the moment, not about us.
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAnswer:
    """What a request to a hub came to. `status` is None where no answer came."""

    status: int | None = None
    #: In words that follow the hub's name; not for an answer that accepts.
    what: str = ""
    #: How long the hub wants to be left alone (``Retry-After``).
    wait: timedelta | None = None

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500 and self.status not in _PASSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a hub asks at a callback (sections 5.2 and 5.3)."""

    mode: str
    topic: str
    challenge: str = ""
    lease: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a call makes of the subscription (None: it is over), and the text to answer with."""

    after: PushSubscription | None
    text: str


def request_form(subscription: PushSubscription, mode: Mode) -> dict[str, str]:
    """The request to a hub (section 5.1)."""
    form = {
        "hub.mode": mode.value,
        "hub.topic": subscription.topic,
        "hub.callback": subscription.callback,
        # Hubs of the protocol's older versions insist on it; others ignore what they do not know.
        "hub.verify": "async",
    }
    if mode is Mode.SUBSCRIBE:
        form |= {
            "hub.lease_seconds": str(int(LEASE.total_seconds())),
            "hub.secret": subscription.secret,
        }
    return form


def after_answer(
    asked: PushSubscription, mode: Mode, answer: HubAnswer, *, now: datetime
) -> PushSubscription | None:
    """The subscription after its hub's answer; None: it is over. Accepting changes nothing, for it verifies nothing."""
    if answer.is_accepted:
        return asked
    error = f"{asked.hub} {answer.what}"
    if mode is Mode.UNSUBSCRIBE:
        # A hub that refuses has nothing to end; if it has, it learns from our 410.
        return None if answer.is_refused else replace(asked, last_error=error)
    wait = DENIED_FOR if answer.is_refused and not asked.is_in_force(now) else timedelta(0)
    wait = max(wait, answer.wait or wait)
    return replace(
        asked,
        state=asked.state if not answer.is_refused or asked.is_in_force(now) else PushState.DENIED,
        next_request_at=max(asked.next_request_at or now, now + wait),
        last_error=error,
    )


def read_call(query: bytes) -> Call | None:
    """A callback's query; None where it is not a hub's."""
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        return None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    if "hub.mode" not in fields or "hub.topic" not in fields:
        return None
    return Call(
        mode=fields["hub.mode"],
        topic=fields["hub.topic"],
        challenge=fields.get("hub.challenge", ""),
        lease=fields.get("hub.lease_seconds", ""),
        reason=fields.get("hub.reason", ""),
    )


def reply_to(subscription: PushSubscription, call: Call, *, now: datetime) -> Reply | None:
    """What we say to a hub that calls; None for what we do not want, which is to be answered 404 (section 5.3.1).

    A subscription that is wanted is agreed to whenever the hub asks: it may reconfirm at any time.
    """
    if not is_same_address(call.topic, subscription.topic):
        return None
    is_ended = subscription.state is PushState.ENDED
    if call.mode == "denied":
        return Reply(after=None if is_ended else _denied(subscription, call.reason, now=now), text="")
    if not 0 < len(call.challenge) <= _LONGEST_CHALLENGE:
        return None
    if call.mode == Mode.UNSUBSCRIBE and is_ended:
        return Reply(after=None, text=call.challenge)
    if call.mode == Mode.SUBSCRIBE and subscription.state in {PushState.REQUESTED, PushState.VERIFIED}:
        return Reply(after=_verified(subscription, call.lease, now=now), text=call.challenge)
    return None


def _verified(subscription: PushSubscription, lease: str, *, now: datetime) -> PushSubscription:
    granted = granted_lease(lease)
    return replace(
        subscription,
        state=PushState.VERIFIED,
        lease_ends_at=now + granted,
        next_request_at=now + renewal(subscription.token, granted),
        failures=0,
        last_error="",
    )


def _denied(subscription: PushSubscription, reason: str, *, now: datetime) -> PushSubscription:
    words = told(reason, subscription)
    return replace(
        subscription,
        state=PushState.DENIED,
        lease_ends_at=None,
        next_request_at=now + DENIED_FOR,
        failures=max(subscription.failures, 1),
        last_error=f"{subscription.hub} denied the subscription" + (f": {words}" if words else ""),
    )


def granted_lease(text: str) -> timedelta:
    """The lease that a hub names in seconds. None, nought and nonsense are not believed, and not for ever either."""
    if not (text.isascii() and text.isdecimal()) or int(text[:12]) == 0:
        return ASSUMED_LEASE
    return min(timedelta(seconds=int(text)) if len(text) <= 9 else LONGEST_LEASE, LONGEST_LEASE)


def told(text: str, subscription: PushSubscription) -> str:
    """What a hub said, as one short printable line without what nobody else may know: some repeat our callback."""
    for secret in (subscription.callback, subscription.token, subscription.secret):
        text = text.replace(secret, "…")
    line = " ".join(text.split())[:_LONGEST_REASON]
    return "".join(character if character.isprintable() else "?" for character in line)


def is_same_address(one: str, other: str) -> bool:
    """Whether two spellings are one address: hubs decode what need not be quoted (section 5.1.1)."""
    if one == other:
        return True
    try:
        return URL(one) == URL(other)
    except (ValueError, TypeError):
        return False


def is_signed(body: bytes, *, secret: str, signature: str) -> bool:
    """Whether ``X-Hub-Signature`` is ours for these bytes (section 7.1). Takes the same time for each wrong one."""
    method, _, given = signature.strip().partition("=")
    method = method.lower()
    if method not in _ALGORITHMS:
        return False
    wanted = hmac.new(secret.encode(), body, method).hexdigest()
    return hmac.compare_digest(wanted.encode(), given.strip().lower().encode("utf-8", "replace"))
