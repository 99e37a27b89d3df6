"""The dialogue itself: what is said in which order, and what becomes of a message where the relay does not keep to it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from deliver_kit import NOON, World, make_settings
from rude_relay import GREETING, RudeRelay, Talk

from letters.deliver.batch import Outgoing
from letters.deliver.offers import Offers, xtext
from letters.model import DeliveryState, IssueState
from letters.store.deliveries import Claim

LATER = NOON + timedelta(minutes=10)
Start = Callable[..., RudeRelay]


@pytest.fixture
def start(lite: World) -> Iterator[Start]:
    """Start a relay with these scripts, about to get an issue for `readers` readers."""
    with ExitStack() as stack:

        def run(
            *scripts: Callable[[Talk], Awaitable[None]],
            readers: int = 1,
            socket: Path | None = None,
            **settings: object,
        ) -> RudeRelay:
            relay = stack.enter_context(RudeRelay(*scripts, socket=socket))
            lite.settings = make_settings(smtp=relay.settings(**settings))
            lite.add_readers(readers)
            lite.add_issue()
            return relay

        yield run


async def polite(talk: Talk) -> None:
    await talk.hello()
    await talk.serve()


def verbs(relay: RudeRelay) -> list[str]:
    return [line.split(b" ")[0].split(b":")[0].decode() for line in relay.heard]


# --- pipelining ------------------------------------------------------------------------------------------


def test_one_exchange_for_each_message_where_the_relay_offers_pipelining(lite: World, start: Start) -> None:
    exchanges = 0

    async def strict(talk: Talk) -> None:
        """Says nothing before it heard all that belongs together."""
        nonlocal exchanges
        await talk.hello()
        held = b""
        for number in range(3):
            for _ in ("MAIL", "RCPT", "DATA"):
                await talk.line()
            await talk.say(held + b"250 ok\r\n250 ok\r\n354 go ahead\r\n")
            exchanges += 1
            await talk.content()
            held = f"250 2.0.0 queued as {number}\r\n".encode()
        await talk.say(held)
        await talk.serve()

    relay = start(strict, readers=3)
    report = lite.deliver()
    assert (report.sent, report.problems) == (3, ())
    assert exchanges == 3
    assert set(lite.reasons().values()) == {f"250 2.0.0 queued as {n}" for n in range(3)}
    assert verbs(relay) == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]


def test_step_by_step_where_the_relay_does_not_offer_it(lite: World, start: Start) -> None:
    async def slow(talk: Talk) -> None:
        await talk.hello(b"250 rude.example\r\n")
        for _ in range(2):
            for answer in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                await talk.line()
                assert talk.is_silent, "a command came before the answer to the one before"
                await talk.say(answer)
            await talk.content()
            await talk.say(b"250 2.0.0 queued\r\n")
        await talk.serve()

    relay = start(slow, readers=2)
    assert lite.deliver().sent == 2
    assert relay.heard[1] == b"MAIL FROM:<news@signal.example>"
    assert relay.heard[2] == b"RCPT TO:<r0@reader.example>"


@pytest.mark.parametrize("to_data", ["354 go ahead", "554 no valid recipients", "503 bad sequence"])
def test_a_refused_recipient_does_not_confuse_the_next_message_r42(
    lite: World, start: Start, to_data: str
) -> None:
    async def refuse(talk: Talk) -> None:
        await talk.hello()
        for _ in ("MAIL", "RCPT", "DATA"):
            await talk.line()
        await talk.say(b"250 ok\r\n550 5.1.1 unknown\r\n" + to_data.encode() + b"\r\n")
        if to_data.startswith("354"):
            assert await talk.line() == b".\r\n"
            await talk.say(b"554 no valid recipients\r\n")
        assert await talk.line() == b"RSET\r\n"
        await talk.say(b"250 ok\r\n")
        await talk.serve()

    relay = start(refuse, readers=3)
    report = lite.deliver()
    assert (report.sent, report.failed) == (2, 1)
    assert lite.reasons()["r0"] == "550 5.1.1 unknown"
    assert relay.connections == 1


def test_a_refused_recipient_whose_envelope_went_ahead_fails_alone_r42(lite: World, start: Start) -> None:
    async def refuse(talk: Talk) -> None:
        await talk.hello()
        for _ in ("MAIL", "RCPT", "DATA"):
            await talk.line()
        await talk.say(b"250 ok\r\n250 ok\r\n354 go\r\n")
        await talk.content()
        for _ in ("MAIL", "RCPT", "DATA"):
            await talk.line()
        await talk.say(b"250 2.0.0 first\r\n250 ok\r\n550 5.1.1 unknown\r\n503 what?\r\n")
        await talk.serve()

    start(refuse, readers=3)
    report = lite.deliver()
    assert (report.sent, report.failed) == (2, 1)
    assert lite.reasons() == {"r0": "250 2.0.0 first", "r1": "550 5.1.1 unknown", "r2": "250 2.0.0 queued"}


def test_a_refused_content_holds_the_issue_though_the_next_envelope_is_out(lite: World, start: Start) -> None:
    async def refuse(talk: Talk) -> None:
        await talk.hello()
        for _ in ("MAIL", "RCPT", "DATA"):
            await talk.line()
        await talk.say(b"250 ok\r\n250 ok\r\n354 go\r\n")
        await talk.content()
        for _ in ("MAIL", "RCPT", "DATA"):
            await talk.line()
        await talk.say(b"554 5.7.1 looks like spam\r\n250 ok\r\n250 ok\r\n354 go\r\n")
        # Nothing may come now, and above all no content.
        assert await talk.line() == b""

    relay = start(refuse, readers=3)
    report = lite.deliver()
    assert (report.sent, report.failed, report.unknown) == (0, 0, 0)
    assert lite.issue_state() is IssueState.HELD
    assert set(lite.states().values()) == {DeliveryState.PENDING}
    assert verbs(relay) == ["EHLO", *["MAIL", "RCPT", "DATA"] * 2]


# --- relays that misbehave -------------------------------------------------------------------------------


async def silent_after_content(talk: Talk) -> None:
    await talk.hello()
    for _ in ("MAIL", "RCPT", "DATA"):
        await talk.line()
    await talk.say(b"250 ok\r\n250 ok\r\n354 go\r\n")
    await talk.content()
    await talk.line()


def answering(answer: bytes) -> Callable[[Talk], Awaitable[None]]:
    """A relay that answers an envelope with this, and then waits."""

    async def script(talk: Talk) -> None:
        await talk.hello()
        for _ in ("MAIL", "RCPT", "DATA"):
            await talk.line()
        await talk.say(answer)
        await talk.serve()

    return script


def to_content(answer: bytes) -> Callable[[Talk], Awaitable[None]]:
    """A relay that answers a content with this."""

    async def script(talk: Talk) -> None:
        await talk.hello()
        for _ in ("MAIL", "RCPT", "DATA"):
            await talk.line()
        await talk.say(b"250 ok\r\n250 ok\r\n354 go\r\n")
        await talk.content()
        await talk.say(answer)
        await talk.serve()

    return script


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", 'the relay sent "HTTP/1.1 400 Bad Request", which is no reply'),
        (b"\x00\xff\xfe\r\n", "which is no reply"),
        (b"250 ok\r\n250 ok\r\n250 ok\r\n", "the relay answered 250 ok to DATA"),
        (b"354 go\r\n", "the relay answered 354 go to MAIL FROM"),
        (b"250 " + b"x" * 20_000, "the relay sent a line of more than 8,192 octets"),
        (b"250-x\r\n" * 20_000, "the relay sent a reply of more than 32,768 octets"),
        (b"250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n", "the relay said more than it was asked"),
    ],
    ids=["http", "bytes", "no-354", "354-too-soon", "long-line", "long-reply", "one-more"],
)
def test_an_envelope_answered_with_nonsense_waits_for_a_later_pass(
    lite: World, start: Start, answer: bytes, words: str
) -> None:
    start(answering(answer))
    report = lite.deliver()
    assert (report.sent, report.unknown, report.failed, report.deferred) == (0, 0, 0, 1)
    assert words in lite.reasons()["r0"]
    assert lite.states()["r0"] is DeliveryState.DEFERRED


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"what?\r\n", 'the relay sent "what?", which is no reply'),
        (b"354 go on\r\n", "the relay answered 354 go on to the end of the message"),
    ],
)
def test_a_content_answered_with_nonsense_is_unknown_r40(
    lite: World, start: Start, answer: bytes, words: str
) -> None:
    start(to_content(answer), polite)
    report = lite.deliver()
    assert (report.sent, report.unknown) == (0, 1)
    assert words in lite.reasons()["r0"]
    assert lite.deliver(LATER).sent == 1


def test_a_relay_that_falls_silent_is_given_up(
    lite: World, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("letters.deliver.dialogue._PATIENCE_FOR_CONTENT", 1)
    start(silent_after_content, polite, timeout="1s")
    report = lite.deliver()
    assert report.unknown == 1
    assert "did not answer in time" in lite.reasons()["r0"]


def test_a_second_answer_to_a_content_is_not_taken_for_the_next_ones(lite: World, start: Start) -> None:
    relay = start(to_content(b"250 2.0.0 one\r\n250 2.0.0 two\r\n"), polite, readers=2)
    assert lite.deliver().sent == 2
    assert lite.reasons() == {"r0": "250 2.0.0 one", "r1": "250 2.0.0 queued"}
    assert relay.connections == 2


async def full(talk: Talk) -> None:
    await talk.say(b"554 5.3.2 no service\r\n")


async def mute(talk: Talk) -> None:
    await talk.line()


async def speaks_http(talk: Talk) -> None:
    await talk.say(b"HTTP/1.1 200 OK\r\n\r\n")


async def hangs_up(talk: Talk) -> None:
    pass


@pytest.mark.parametrize("script", [full, mute, speaks_http, hangs_up])
def test_a_relay_that_does_not_let_us_in_loses_nobody(
    lite: World, start: Start, script: Callable[[Talk], Awaitable[None]]
) -> None:
    relay = start(script, timeout="1s")
    report = lite.deliver()
    assert f"no connection to 127.0.0.1:{relay.settings().port}" in str(report.problems[0])
    assert lite.states()["r0"] is DeliveryState.PENDING
    assert lite.issue_state() is IssueState.APPROVED


def test_a_relay_that_knows_no_ehlo_is_greeted_the_old_way(lite: World, start: Start) -> None:
    async def old(talk: Talk) -> None:
        await talk.say(GREETING)
        await talk.line()
        await talk.say(b"502 what?\r\n")
        await talk.serve()

    relay = start(old)
    assert lite.deliver().sent == 1
    assert verbs(relay)[:3] == ["EHLO", "HELO", "MAIL"]


# --- what a relay offers ---------------------------------------------------------------------------------


def outgoing(recipient: str = "ada@reader.example", content: bytes = b"Subject: x\r\n\r\nx\r\n") -> Outgoing:
    claim = Claim(
        id=1,
        issue_id=1,
        attempt=1,
        message_id="<a+b=c@signal.example>",
        choice="",
        email=recipient,
        name="",
        uid="u",
    )
    return Outgoing(claim=claim, sender="news@signal.example", recipient=recipient, content=content)


def test_all_that_is_offered_is_used() -> None:
    offers = Offers.read({"pipelining": "", "size": "1000", "8bitmime": "", "smtputf8": "", "dsn": ""})
    mail, rcpt, data = offers.commands(outgoing("jürgen@reader.example", "Subject: ü\r\n\r\n".encode()))
    assert mail == (
        b"MAIL FROM:<news@signal.example> SIZE=15 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb+3Dc@signal.example\r\n"
    )
    assert rcpt == "RCPT TO:<jürgen@reader.example> NOTIFY=FAILURE\r\n".encode()
    assert data == b"DATA\r\n"
    assert offers.commands(outgoing("a+b@reader.example"))[1] == (
        b"RCPT TO:<a+b@reader.example> NOTIFY=FAILURE ORCPT=rfc822;a+2Bb@reader.example\r\n"
    )


def test_nothing_is_said_that_was_not_offered() -> None:
    assert Offers.read({}).commands(outgoing()) == (
        b"MAIL FROM:<news@signal.example>\r\n",
        b"RCPT TO:<ada@reader.example>\r\n",
        b"DATA\r\n",
    )


@pytest.mark.parametrize(
    ("limit", "refused"), [("100", True), ("0", False), ("", False), ("many", False), ("200", False)]
)
def test_a_message_over_the_relays_size_is_not_sent(limit: str, refused: bool) -> None:
    answer = Offers.read({"size": limit}).refusal(outgoing(content=b"x" * 150))
    assert (answer is not None) is refused
    assert answer is None or str(answer) == "552 5.3.4 a message of 150 octets, and the relay takes 100"


@pytest.mark.parametrize(
    "recipient", ["a b@x.example", "a>@x.example", "a\r\nRCPT@x.example", "<a@x.example"]
)
def test_an_address_that_would_end_the_command_is_refused_r17(recipient: str) -> None:
    answer = Offers().refusal(outgoing(recipient))
    assert answer is not None
    assert answer.code == 553


def test_an_address_beyond_ascii_is_refused_where_smtputf8_is_not_offered() -> None:
    assert "SMTPUTF8" in str(Offers().refusal(outgoing("jürgen@reader.example")))
    assert Offers(smtputf8=True).refusal(outgoing("jürgen@reader.example")) is None


def test_a_message_too_large_for_the_relay_holds_the_issue(lite: World, start: Start) -> None:
    async def small(talk: Talk) -> None:
        await talk.hello(b"250-rude.example\r\n250 SIZE 100\r\n")
        await talk.serve()

    relay = start(small, readers=2)
    report = lite.deliver()
    assert "and the relay takes 100" in str(report.problems[-1])
    assert lite.issue_state() is IssueState.HELD
    assert "MAIL" not in verbs(relay)


def test_xtext_is_ascii_without_what_ends_a_parameter() -> None:
    assert xtext("a b+c=d~") == b"a+20b+2Bc+3Dd~"


# --- ways in ---------------------------------------------------------------------------------------------


def test_a_unix_socket(lite: World, start: Start, tmp_path: Path) -> None:
    # Socket paths are short: 108 octets on Linux.
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        start(polite, socket=Path("s"), tls="starttls")
        lite.settings = make_settings(smtp=lite.settings.delivery.smtp.model_copy(update={"socket": "s"}))
        assert lite.deliver().sent == 1


def test_a_unix_socket_where_nobody_listens_is_named(lite: World, start: Start) -> None:
    start(polite)
    lite.settings = make_settings(
        smtp=lite.settings.delivery.smtp.model_copy(update={"socket": "/nowhere/s"})
    )
    assert "no connection to /nowhere/s" in str(lite.deliver().problems[0])


def logging_in(
    mechanisms: str, check: Callable[[Talk], Awaitable[bytes]]
) -> Callable[[Talk], Awaitable[None]]:
    async def script(talk: Talk) -> None:
        await talk.hello(f"250-rude.example\r\n250 AUTH {mechanisms}\r\n".encode())
        await talk.say(await check(talk))
        await talk.serve()

    return script


async def plain(talk: Talk) -> bytes:
    verb, mechanism, text = (await talk.line()).split()
    assert (verb, mechanism) == (b"AUTH", b"PLAIN")
    return b"235 2.7.0 in\r\n" if base64.b64decode(text) == b"\0letters\0let me in" else b"535 no\r\n"


async def login(talk: Talk) -> bytes:
    assert (await talk.line()).split() == [b"AUTH", b"LOGIN", base64.b64encode(b"letters")]
    await talk.say(b"334 UGFzc3dvcmQ6\r\n")
    return b"235 in\r\n" if base64.b64decode(await talk.line()) == b"let me in" else b"535 no\r\n"


async def cram_md5(talk: Talk) -> bytes:
    assert (await talk.line()).split() == [b"AUTH", b"CRAM-MD5"]
    challenge = b"<1896.697170952@rude.example>"
    await talk.say(b"334 " + base64.b64encode(challenge) + b"\r\n")
    digest = hmac.new(b"let me in", challenge, hashlib.md5).hexdigest().encode()
    return b"235 in\r\n" if base64.b64decode(await talk.line()) == b"letters " + digest else b"535 no\r\n"


async def xoauth2(talk: Talk) -> bytes:
    text = (await talk.line()).split()[2]
    wanted = b"user=letters\x01auth=Bearer let me in\x01\x01"
    return b"235 in\r\n" if base64.b64decode(text) == wanted else b"535 no\r\n"


@pytest.mark.parametrize(
    ("auth", "check"), [("plain", plain), ("login", login), ("cram-md5", cram_md5), ("xoauth2", xoauth2)]
)
def test_each_way_to_log_in(
    lite: World, start: Start, auth: str, check: Callable[[Talk], Awaitable[bytes]]
) -> None:
    start(logging_in("LOGIN PLAIN CRAM-MD5 XOAUTH2", check), username="letters", auth=auth)
    assert lite.deliver().sent == 1


def test_a_token_is_read_from_its_file_at_each_connection(lite: World, start: Start, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("let me in\n")
    file = str(tmp_path / "token")
    start(logging_in("XOAUTH2", xoauth2), username="letters", auth="xoauth2", password_file=file)
    secrets = lite.settings.secrets.model_copy(update={"smtp_password": None})
    lite.settings = lite.settings.model_copy(update={"secrets": secrets})
    assert lite.deliver().sent == 1


def test_a_way_in_that_is_not_offered_is_told(lite: World, start: Start) -> None:
    start(logging_in("LOGIN", login), username="letters", auth="cram-md5")
    report = lite.deliver()
    assert report.sent == 0
    assert "no connection" in str(report.problems[0])
