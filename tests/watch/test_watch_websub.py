"""Which subscriptions to have, and what is made of what hubs say: pure."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watching import HOUR, NOW

from letters.model import Source
from letters.store import Store
from letters.store.codec import dump
from letters.store.pushes import (
    PushState,
    PushSubscription,
    add_pushed,
    load_pushed,
    load_subscriptions,
    replace_subscription,
    verified_sources,
)
from letters.store.sources import SourceState
from letters.watch.hub import (
    ASSUMED_LEASE,
    LONGEST_LEASE,
    Call,
    HubAnswer,
    after_answer,
    granted_lease,
    is_same_address,
    is_signed,
    read_call,
    reply_to,
    request_form,
    told,
)
from letters.watch.parse.values import Hints
from letters.watch.topic import Site, Wanted, is_public, wanted
from letters.watch.websub import (
    DENIED_FOR,
    LONGEST_BACK_OFF,
    NEVER_VERIFIED,
    VERIFIED_WITHIN,
    Mode,
    Step,
    notices,
    plan,
    renewal,
)

URL = "https://tides.example/feed"
HUB, OTHER_HUB = "https://hub.example/", "https://second.example/"
SOURCE = Source(key="tides", url=URL)
DAY = timedelta(days=1)


def make_site(base_url: str = "https://signal.world", *, allowed: str = "127.0.0.1") -> Site:
    counter = itertools.count(1)
    return Site(
        base_url=base_url,
        mint=lambda: f"minted-{next(counter)}",
        is_private_place=lambda url: allowed in url,
    )


def says(*hubs: str, self_url: str = "", **fields: Any) -> dict[str, SourceState]:
    """What the source's last document said."""
    hints = dump(Hints(hubs=hubs, self_url=self_url))
    return {"tides": SourceState(source="tides", url=URL, first_look_at=NOW, hints=hints, **fields)}


def known(**fields: Any) -> PushSubscription:
    """A subscription in force."""
    base = PushSubscription(
        source="tides",
        hub=HUB,
        topic=URL,
        token="token",
        callback="https://signal.world/websub/token",
        secret="secret",
        state=PushState.VERIFIED,
        requested_at=NOW,
        lease_ends_at=NOW + 10 * DAY,
        next_request_at=NOW + 7 * DAY,
    )
    return replace(base, **fields)


def steps(
    subscription: PushSubscription | None,
    states: dict[str, SourceState],
    *,
    sources: tuple[Source, ...] = (SOURCE,),
    after: timedelta = timedelta(0),
    site: Site | None = None,
) -> list[Step]:
    subscriptions = {"tides": subscription} if subscription else {}
    return plan(sources, states, subscriptions, site=site or make_site(), now=NOW + after)


# --- where a source is pushed -------------------------------------------------------------------------------


def test_the_topic_is_the_address_that_the_source_gives_itself() -> None:
    own = "https://tides.example/canonical"
    assert wanted(SOURCE, says(HUB, self_url=own)["tides"], site=make_site()) == Wanted(
        source="tides", topic=own, hubs=(HUB,)
    )


def test_without_one_it_is_the_address_that_is_asked() -> None:
    for states, topic in ((says(HUB), URL), (says(HUB, moved_url=f"{URL}/moved"), f"{URL}/moved")):
        wish = wanted(SOURCE, states["tides"], site=make_site())
        assert wish is not None
        assert wish.topic == topic


@pytest.mark.parametrize(
    "states",
    [
        {},
        says(),
        says("ftp://hub.example/", "not an address", "https://user:password@hub.example/"),
        says(HUB, gone_at=NOW),
        {"tides": says(HUB)["tides"]._replace(url="https://formerly.example/feed")},
        {"tides": says(HUB)["tides"]._replace(hints={"hubs": 7})},
        says(HUB, self_url="javascript:alert(1)"),
    ],
    ids=["never looked", "no hub", "no usable hub", "gone", "said at another address", "garbled", "no topic"],
)
def test_where_no_hub_is_known_nothing_is_asked_for(states: dict[str, SourceState]) -> None:
    assert steps(None, states) == []


def test_a_hub_never_learns_a_sources_password() -> None:
    url = "https://name:password@tides.example/feed"
    states = {"tides": says(HUB)["tides"]._replace(url=url)}
    assert steps(None, states, sources=(Source(key="tides", url=url),)) == []


def test_https_is_tried_before_http_and_hubs_in_the_sources_order() -> None:
    wish = wanted(
        SOURCE, says("http://hub.example/a", "http://hub.example:8080/", HUB)["tides"], site=make_site()
    )
    assert wish is not None
    assert wish.hubs == ("https://hub.example/a", "http://hub.example/a", "http://hub.example:8080/", HUB)


def test_a_source_cannot_have_us_ask_any_number_of_hubs() -> None:
    wish = wanted(
        SOURCE, says(*(f"https://hub{number}.example/" for number in range(100)))["tides"], site=make_site()
    )
    assert wish is not None
    assert len(wish.hubs) == 4


@pytest.mark.parametrize(
    ("base_url", "public"),
    [
        ("https://signal.world", True),
        ("https://8.8.8.8", True),
        ("http://localhost:8000", False),
        ("http://127.1", False),
        ("http://[::1]:8000", False),
        ("https://signal.example", False),
        ("https://printer.local", False),
        ("https://nas", False),
    ],
)
def test_a_site_that_no_hub_can_reach_asks_only_hubs_nearby(base_url: str, public: bool) -> None:
    assert is_public(base_url) is public
    site = make_site(base_url)
    assert bool(steps(None, says(HUB), site=site)) is public
    assert steps(None, says("http://127.0.0.1:9/"), site=site)


@given(st.lists(st.text(max_size=60), max_size=8), st.text(max_size=60))
def test_no_hint_breaks_the_plan(hubs: list[str], self_url: str) -> None:
    for step in steps(None, says(*hubs, self_url=self_url)):
        assert step.after is not None
        assert step.after.hub.startswith(("http://", "https://"))
        assert step.after.topic.startswith(("http://", "https://"))


# --- asking, renewing, leaving ------------------------------------------------------------------------------


def test_a_new_hub_is_asked_with_a_token_and_a_secret_of_its_own() -> None:
    """R67."""
    (step,) = steps(None, says(HUB))
    assert (step.before, step.mode) == (None, Mode.SUBSCRIBE)
    assert step.after is not None
    assert step.after.state is PushState.REQUESTED
    assert step.after.token != step.after.secret
    assert step.after.callback == f"https://signal.world/websub/{step.after.token}"
    # Until the hub verifies it counts as failed, so a kill right here is no special case.
    assert step.after.failures == 1
    assert steps(step.after, says(HUB), after=VERIFIED_WITHIN - timedelta(seconds=1)) == []


@given(st.text(min_size=1), st.timedeltas(timedelta(hours=1), LONGEST_LEASE))
def test_a_lease_is_renewed_well_before_its_end_however_long_it_is(token: str, lease: timedelta) -> None:
    """R67."""
    assert 0.59 * lease < renewal(token, lease) < 0.74 * lease


def test_a_renewal_keeps_token_and_lease_and_is_made_once() -> None:
    """R67."""
    assert steps(known(), says(HUB), after=7 * DAY - HOUR) == []
    (step,) = steps(known(), says(HUB), after=7 * DAY)
    assert step.after is not None
    assert step.mode is Mode.SUBSCRIBE
    assert step.after.is_in_force(NOW + 7 * DAY)
    assert (step.after.token, step.after.secret) == ("token", "secret")
    assert steps(step.after, says(HUB), after=7 * DAY) == []


def test_a_hub_that_says_nothing_is_asked_ever_more_rarely() -> None:
    subscription: PushSubscription | None = None
    at, pauses = NOW, []
    for _ in range(12):
        (step,) = plan(
            (SOURCE,),
            says(HUB),
            {"tides": subscription} if subscription else {},
            site=make_site(),
            now=at,
        )
        assert step.after is not None
        assert step.after.next_request_at is not None
        subscription = step.after
        pauses.append(step.after.next_request_at - at)
        at = step.after.next_request_at
    assert VERIFIED_WITHIN <= pauses[0] <= 1.2 * VERIFIED_WITHIN
    assert pauses == sorted(pauses)
    assert pauses[-1] <= 1.2 * LONGEST_BACK_OFF
    assert subscription is not None
    (notice,) = notices([subscription], base_url="https://signal.world")
    assert notice.is_notice
    assert str(notice).startswith(f'source "tides": its hub {HUB} {NEVER_VERIFIED}')
    assert "https://signal.world/websub/ leads to" in str(notice)


def test_each_hub_gets_its_turn_with_another_token() -> None:
    states = says(HUB, OTHER_HUB)
    (first,) = steps(None, states)
    (second,) = steps(first.after, states, after=HOUR)
    (third,) = steps(second.after, states, after=2 * HOUR)
    rows = [first.after, second.after, third.after]
    assert [row and row.hub for row in rows] == [HUB, OTHER_HUB, HUB]


def test_a_hub_that_fails_while_its_lease_holds_keeps_the_subscription() -> None:
    failing = known(failures=2, next_request_at=NOW, last_error=f"{HUB} answered 503 Service Unavailable")
    (step,) = steps(failing, says(HUB, OTHER_HUB))
    assert step.after is not None
    assert (step.after.hub, step.after.token) == (HUB, "token")
    (later,) = steps(step.after, says(HUB, OTHER_HUB), after=11 * DAY)
    assert later.after is not None
    assert later.after.hub == OTHER_HUB


def test_after_a_denial_the_next_hub_is_asked_at_once_and_a_single_one_only_much_later() -> None:
    denied = known(state=PushState.DENIED, lease_ends_at=None, failures=1, next_request_at=NOW + DENIED_FOR)
    (step,) = steps(denied, says(HUB, OTHER_HUB))
    assert step.after is not None
    assert step.after.hub == OTHER_HUB
    assert steps(denied, says(HUB), after=DENIED_FOR - HOUR) == []
    assert steps(denied, says(HUB), after=DENIED_FOR)


def hub_changes() -> list[Step]:
    return steps(known(), says(OTHER_HUB))


def topic_changes() -> list[Step]:
    return steps(known(), says(HUB, self_url=f"{URL}/new"))


def site_moves() -> list[Step]:
    return steps(known(), says(HUB), site=make_site("https://moved.world"))


def source_is_removed() -> list[Step]:
    return steps(known(), says(HUB), sources=())


def source_is_gone() -> list[Step]:
    return steps(known(), says(HUB, gone_at=NOW))


def hub_is_no_longer_named() -> list[Step]:
    return steps(known(), says())


@pytest.mark.parametrize(
    "when",
    [hub_changes, topic_changes, site_moves, source_is_removed, source_is_gone, hub_is_no_longer_named],
)
def test_what_is_not_wanted_any_more_is_left(when: Any) -> None:
    """R67."""
    (step,) = when()
    assert step.mode is Mode.UNSUBSCRIBE
    assert step.after is not None
    assert step.after.state is PushState.ENDED
    assert step.after.callback == known().callback


def test_a_second_hub_that_is_still_named_is_kept() -> None:
    assert steps(known(hub=OTHER_HUB), says(HUB, OTHER_HUB)) == []


def test_what_was_never_verified_is_forgotten_without_a_word() -> None:
    requested = known(state=PushState.REQUESTED, lease_ends_at=None)
    assert steps(requested, says(HUB), sources=()) == [Step(before=requested, after=None)]
    (step,) = steps(requested, says(OTHER_HUB))
    assert (step.before, step.mode) == (requested, Mode.SUBSCRIBE)


def test_a_hub_that_does_not_let_go_is_told_so_three_times_and_then_forgotten() -> None:
    (step,) = steps(known(), {}, sources=())
    for _ in range(2):
        assert step.mode is Mode.UNSUBSCRIBE
        assert step.after is not None
        assert steps(step.after, {}, sources=()) == []
        (step,) = steps(step.after, {}, sources=(), after=2 * DAY)
        step = replace(step, after=step.after and replace(step.after, next_request_at=NOW + HOUR))
    assert step.mode is Mode.UNSUBSCRIBE
    (last,) = steps(step.after, {}, sources=(), after=3 * DAY)
    assert (last.after, last.mode) == (None, None)


def test_a_hub_that_does_not_let_go_holds_up_the_next_subscription_only_briefly() -> None:
    (step,) = hub_changes()
    assert steps(step.after, says(OTHER_HUB), after=timedelta(minutes=1)) == []
    (then,) = steps(step.after, says(OTHER_HUB), after=timedelta(minutes=15))
    assert then.after is not None
    assert (then.after.hub, then.mode) == (OTHER_HUB, Mode.SUBSCRIBE)
    assert then.after.token != "token"


# --- what hubs say ------------------------------------------------------------------------------------------


def test_a_request_is_the_recommendations_form() -> None:
    form = request_form(known(), Mode.SUBSCRIBE)
    assert form["hub.topic"] == URL
    assert form["hub.callback"] == known().callback
    assert form["hub.lease_seconds"].isdecimal()
    assert "hub.secret" not in request_form(known(), Mode.UNSUBSCRIBE)


@pytest.mark.parametrize(("status", "state"), [(403, PushState.DENIED), (503, PushState.REQUESTED)])
def test_a_refusal_is_a_denial_and_an_outage_is_not(status: int, state: PushState) -> None:
    asked = known(state=PushState.REQUESTED, lease_ends_at=None, next_request_at=NOW + HOUR)
    after = after_answer(asked, Mode.SUBSCRIBE, HubAnswer(status=status, what="answered so"), now=NOW)
    assert after is not None
    assert after.state is state
    assert after.last_error == f"{HUB} answered so"
    assert after.next_request_at == NOW + (DENIED_FOR if state is PushState.DENIED else HOUR)


def test_a_refused_renewal_leaves_the_lease_in_force() -> None:
    after = after_answer(known(), Mode.SUBSCRIBE, HubAnswer(status=403, what="answered so"), now=NOW)
    assert after is not None
    assert after.is_in_force(NOW)


def test_a_hub_that_wants_to_be_left_alone_is() -> None:
    """R62."""
    busy = HubAnswer(status=429, what="answered so", wait=3 * DAY)
    after = after_answer(known(next_request_at=NOW + HOUR), Mode.SUBSCRIBE, busy, now=NOW)
    assert after is not None
    assert after.next_request_at == NOW + 3 * DAY


def test_an_accepted_request_is_not_yet_a_subscription() -> None:
    asked = known(state=PushState.REQUESTED, lease_ends_at=None)
    assert after_answer(asked, Mode.SUBSCRIBE, HubAnswer(status=202), now=NOW) == asked


@pytest.mark.parametrize(
    ("text", "lease"),
    [
        ("3600", HOUR),
        ("1", timedelta(seconds=1)),
        ("", ASSUMED_LEASE),
        ("0", ASSUMED_LEASE),
        ("-5", ASSUMED_LEASE),
        ("1e9", ASSUMED_LEASE),
        ("٣", ASSUMED_LEASE),
        ("999999999", LONGEST_LEASE),
        ("9" * 5_000, LONGEST_LEASE),
    ],
)
def test_a_lease_is_believed_within_reason(text: str, lease: timedelta) -> None:
    assert granted_lease(text) == lease


@given(st.dictionaries(st.sampled_from(["mode", "topic", "challenge", "lease_seconds", "reason"]), st.text()))
def test_a_query_comes_back_as_it_was_written(fields: dict[str, str]) -> None:
    written = {name: value for name, value in fields.items() if _is_text(value)}
    call = read_call(urlencode({f"hub.{name}": value for name, value in written.items()}).encode())
    if "mode" not in written or "topic" not in written:
        assert call is None
        return
    assert call is not None
    assert (call.mode, call.topic) == (written["mode"], written["topic"])
    assert (call.challenge, call.reason) == (written.get("challenge", ""), written.get("reason", ""))


@given(st.binary(max_size=200))
def test_no_query_breaks_the_callback(query: bytes) -> None:
    call = read_call(query) or Call(mode="subscribe", topic=query.decode("latin-1"), challenge="x")
    assert reply_to(known(), call, now=NOW) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://tides.example/%7Eann?a=1", "https://tides.example/~ann?a=1", True),
        ("https://TIDES.example/feed", "https://tides.example/feed", True),
        ("https://tides.example/feed", "https://tides.example/feed/", False),
        ("https://tides.example/feed", "http://tides.example/feed", False),
        ("https://tides.example/feed", "https://[tides", False),
    ],
)
def test_spellings_of_one_topic_are_one(one: str, other: str, same: bool) -> None:
    assert is_same_address(one, other) is same


@given(st.binary(max_size=300), st.text(min_size=1), st.sampled_from(["sha1", "sha256", "sha384", "sha512"]))
def test_a_signature_fits_its_bytes_and_secret_only(body: bytes, secret: str, method: str) -> None:
    """R67."""
    secret = hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
    digest = hmac.new(secret.encode(), body, method).hexdigest()
    assert is_signed(body, secret=secret, signature=f"{method}={digest}")
    assert is_signed(body, secret=secret, signature=f"{method.upper()}={digest.upper()}")
    assert not is_signed(body + b"x", secret=secret, signature=f"{method}={digest}")
    assert not is_signed(body, secret=secret + "x", signature=f"{method}={digest}")
    assert not is_signed(body, secret=secret, signature=f"{method}={digest[:-1]}")


@given(st.text(max_size=100))
def test_no_other_header_is_a_signature(signature: str) -> None:
    assert not is_signed(b"<rss/>", secret="secret", signature=signature)


@given(st.text(max_size=300))
def test_what_a_hub_tells_is_one_short_line_without_our_secrets(text: str) -> None:
    line = told(f"{text}{known().callback} {text}", known())
    assert len(line) <= 200
    assert line == "" or line.isprintable()
    assert "token" not in line


# --- the store ----------------------------------------------------------------------------------------------


def test_a_step_replaces_only_what_it_was_decided_on(store: Store) -> None:
    with store.write() as c:
        assert replace_subscription(c, None, known())
        assert not replace_subscription(c, None, known(token="another"))
        assert not replace_subscription(c, known(failures=5), known(failures=6))
    with store.read() as c:
        assert load_subscriptions(c) == {"tides": known()}
    with store.write() as c:
        # A push in between is no step.
        assert add_pushed(c, "tides", body=b"<rss/>", content_type="", now=NOW)
        assert replace_subscription(c, known(), known(failures=1))
    with store.read() as c:
        assert load_subscriptions(c)["tides"] == known(failures=1, last_push_at=NOW)
    with store.write() as c:
        assert replace_subscription(c, known(failures=1), None)
        assert load_subscriptions(c) == {}


def test_only_a_verified_lease_in_force_says_that_a_source_is_pushed(store: Store) -> None:
    with store.write() as c:
        replace_subscription(c, None, known())
        for name, state in (("asked", PushState.REQUESTED), ("left", PushState.ENDED)):
            replace_subscription(c, None, known(source=name, token=name, state=state))
    with store.read() as c:
        assert verified_sources(c, now=NOW) == {"tides"}
        assert verified_sources(c, now=NOW + 10 * DAY) == frozenset()


def test_a_document_for_nobody_is_not_kept(store: Store) -> None:
    with store.write() as c:
        assert not add_pushed(c, "tides", body=b"<rss/>", content_type="", now=NOW)
        assert load_pushed(c, limit=10) == []


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
