"""Messages as bytes: read back by the standard library, and by eye."""

from __future__ import annotations

import email
import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import parseaddr, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.deliver.encode import (
    HeaderError,
    encoded_words,
    has_dots,
    phrase,
    quoted_printable,
    unstructured,
)
from letters.deliver.message import (
    Letterhead,
    Recipient,
    list_id,
    message_ids,
    message_template,
    recipient_values,
)
from letters.model import Issue, IssueState, Occurrence, PersonalLink, Rendering

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ISSUE = Issue(
    id=1,
    edition="policy-weekly",
    occurrence=Occurrence(at=NOON, local_date=date(2026, 11, 23)),
    number=7,
    state=IssueState.APPROVED,
)
HEAD = Letterhead(
    edition="policy-weekly",
    title="AI policy, weekly",
    sender=Address("Signal", addr_spec="news@signal.example"),
    list_domain="signal.example",
    base_url="https://signal.example",
    contact="desk@signal.example",
)
READER = Recipient(
    email="ada@reader.example",
    name="Ada",
    message_id="<abc@signal.example>",
    unsubscribe_url="https://signal.example/unsubscribe/" + "u" * 120,
    preferences_url="https://signal.example/preferences/" + "p=.&" * 30,
)
UNSUBSCRIBE, PREFERENCES = PersonalLink.UNSUBSCRIBE.value, PersonalLink.PREFERENCES.value
RENDERING = Rendering(
    choice="",
    subject="Seven episodes",
    preheader="",
    html=f'<p lang="de">Grüße</p><a href="{UNSUBSCRIBE}">leave</a> <a href="{PREFERENCES}">choose</a>',
    text=f"Grüße\n\nLeave: {UNSUBSCRIBE}\nChoose: {PREFERENCES}\n",
)


def build(rendering: Rendering = RENDERING, head: Letterhead = HEAD, reader: Recipient = READER) -> bytes:
    return message_template(head, ISSUE, rendering, now=NOON).fill(recipient_values(reader))


def parse(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
        for name in part:
            for header in part.get_all(name):
                assert list(header.defects) == [], name
    return message


def bodies(message: EmailMessage) -> tuple[str, str]:
    text, page = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(page, EmailMessage)
    return unix(text.get_content()), unix(page.get_content())


def filled(text: str, *, as_html: bool) -> str:
    show = html.escape if as_html else str
    text = text.replace(UNSUBSCRIBE, show(READER.unsubscribe_url))
    return text.replace(PREFERENCES, show(READER.preferences_url))


def unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


# Text with what makes encodings hard: marks, dots, equals signs, line ends, blanks at ends, control and wide characters.
hard_text = st.lists(
    st.one_of(
        st.sampled_from(
            [UNSUBSCRIBE, PREFERENCES, "\n", "\r\n", ".", "..", "=", " ", "\t", "From ", "--", "=_", "x" * 75]
        ),
        st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=90),
    ),
    max_size=25,
).map("".join)


@given(text=hard_text, page=hard_text)
def test_what_is_spliced_reads_back_as_the_rendering_with_its_marks_replaced(text: str, page: str) -> None:
    data = build(replace(RENDERING, text=text, html=page))
    # The bytes are what must be exact: the standard library's get_content() goes on to split lines at exotic characters.
    parts = list(email.message_from_bytes(data, policy=SMTP).iter_parts())
    found = [part.get_payload(decode=True).decode() for part in parts]
    assert [unix(one) for one in found] == [
        filled(unix(text), as_html=False),
        filled(unix(page), as_html=True),
    ]
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)
    assert data.isascii()
    assert message_template(HEAD, ISSUE, RENDERING, now=NOON).is_dotless
    body = data[data.index(b"\r\n\r\n") :].split(b"\r\n")
    assert max(len(line) for line in body) <= 76
    assert not any(line.startswith((b".", b"From ")) for line in body)


def by_the_standard_library(text: str, page: str, subject: str, name: str) -> EmailMessage:
    """The same message as most programs make it: whole, by EmailMessage."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Signal", addr_spec="news@signal.example")
    message["Subject"] = subject
    message["To"] = Address(name, addr_spec=READER.email)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message


# What both can say: the standard library's writer splits lines at exotic characters, and its header reader eats blanks.
plain_text = st.lists(
    st.one_of(
        st.sampled_from([UNSUBSCRIBE, PREFERENCES, "\n", ".", "=", " ", "From ", "--", "x" * 75, "Grüße"]),
        st.text(
            alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60
        ),
    ),
    max_size=15,
).map("".join)
# Short enough for one encoded word: the standard library's writer loses blanks between two of them.
words = st.lists(
    st.text(st.characters(categories=("Lu", "Ll", "Lo", "Nd")), min_size=1, max_size=5),
    min_size=1,
    max_size=2,
)


@settings(max_examples=40)
@given(text=plain_text, page=plain_text, subject=words, name=words)
def test_what_is_spliced_says_what_the_standard_library_says(
    text: str, page: str, subject: list[str], name: list[str]
) -> None:
    ours = build(
        replace(RENDERING, text=text, html=page, subject=" ".join(subject)),
        reader=READER._replace(name=" ".join(name)),
    )
    theirs = by_the_standard_library(
        filled(text, as_html=False), filled(page, as_html=True), " ".join(subject), " ".join(name)
    ).as_bytes()
    assert said(ours) == said(theirs)
    # What the sending relies on, for it does not look again.
    assert not has_dots(ours)


def said(data: bytes) -> list[object]:
    """What a reader makes of a message."""
    message = email.message_from_bytes(data, policy=default)
    parts = [part.get_payload(decode=True).decode().replace("\r\n", "\n") for part in message.iter_parts()]
    # A text without a last line break gets one from the standard library.
    bodies = [part.removesuffix("\n") for part in parts]
    # By the older of the standard library's readers: the newer one puts blanks between words.
    to = parseaddr(str(make_header(decode_header(email.message_from_bytes(data)["To"]))))
    return [str(message["Subject"]), to, str(message["From"]), message.get_content_type(), bodies]


def test_a_message_is_text_first_then_html_without_defects_r16() -> None:
    message = parse(build())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    text, page = bodies(message)
    assert text == filled(RENDERING.text, as_html=False)
    assert page.rstrip("\n") == filled(RENDERING.html, as_html=True)


def test_headers_of_a_list_mail_r01_r11_r12_r14() -> None:
    data = build()
    message = parse(data)
    assert message["Date"].datetime == NOON
    assert str(message["From"]) == "Signal <news@signal.example>"
    assert str(message["To"]) == "Ada <ada@reader.example>"
    assert message.get_all("Message-ID") == ["<abc@signal.example>"]
    assert message.get_all("List-Unsubscribe") == [f"<{READER.unsubscribe_url}>"]
    assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    assert message["List-Id"] == '"AI policy, weekly" <policy-weekly.signal.example>'
    assert message["List-Help"] == "<mailto:desk@signal.example?subject=help>"
    assert message["List-Archive"] == "<https://signal.example/>"
    assert message["List-Post"] == "NO"
    assert message["Archived-At"] == "<https://signal.example/issues/policy-weekly/7/>"
    assert message["Feedback-ID"] == "policy-weekly-7:policy-weekly:newsletter:signalexample"
    assert "Reply-To" not in message
    # A person chose this mail; only what answers by itself is marked (R22).
    assert "Auto-Submitted" not in message
    assert max(len(line) for line in data.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("a.io", "aioxx"),
        ("a-very-long-name.signal.example", "averylongnamesi"),
        ("bücher.example", "xnbcherkvaexamp"),
    ],
)
def test_a_senders_lasting_name_in_feedback_id_has_five_to_fifteen_characters(domain: str, name: str) -> None:
    assert str(parse(build(head=replace(HEAD, list_domain=domain)))["Feedback-ID"]).rpartition(":")[2] == name


def test_a_long_unsubscribe_address_is_neither_folded_nor_an_encoded_word_r01() -> None:
    raw = build(reader=READER._replace(unsubscribe_url="https://signal.example/unsubscribe/" + "t" * 800))
    line = next(line for line in raw.split(b"\r\n") if line.startswith(b"List-Unsubscribe:"))
    assert line == b"List-Unsubscribe: <https://signal.example/unsubscribe/" + b"t" * 800 + b">"


def test_an_address_too_long_for_a_line_is_refused_r14() -> None:
    with pytest.raises(HeaderError, match="998"):
        build(reader=READER._replace(unsubscribe_url="https://signal.example/" + "t" * 1000))


def test_answers_go_where_the_settings_say() -> None:
    message = parse(build(head=replace(HEAD, reply_to="Desk <desk@signal.example>")))
    assert str(message["Reply-To"]) == "Desk <desk@signal.example>"


header_text = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200)


@given(subject=header_text)
def test_any_subject_reads_back_in_words_of_at_most_75_characters_r18(subject: str) -> None:
    raw = unstructured("Subject", subject)
    for word in re.findall(rb"=\?utf-8\?[^ \r\n]*", raw):
        assert len(word) <= 75
    assert all(len(line) <= 76 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    found = email.message_from_bytes(raw + b"\r\n", policy=default)["Subject"]
    assert str(found) == re.sub(" +", " ", subject).strip(" ")


@given(name=header_text)
def test_any_display_name_reads_back_r18(name: str) -> None:
    words = phrase("To", name)
    assert all(len(word) <= 75 for word in words if word.startswith("=?"))
    # By the older of the standard library's readers: the newer one puts blanks between words.
    found = str(make_header(decode_header(" ".join(words))))
    is_encoded = words[:1] and words[0].startswith("=?")
    assert (found if is_encoded else unquote(found)) == re.sub(" +", " ", name).strip(" ")
    to = email.message_from_bytes(build(reader=READER._replace(name=name)), policy=default)["To"]
    assert [one.addr_spec for one in to.addresses] == ["ada@reader.example"]


@given(text=st.text(alphabet=st.characters(exclude_categories=("Cs",)), min_size=1, max_size=120))
def test_no_character_is_split_between_two_encoded_words_r18(text: str) -> None:
    for word in encoded_words(text):
        assert len(word) <= 75
        assert str(make_header(decode_header(word))) in text


@pytest.mark.parametrize("bad", ["a\r\nBcc: b@x.example", "a\nb", "a\x00b", "a\x7fb", "a\u2028b"])
def test_no_header_can_be_injected_r17(bad: str) -> None:
    with pytest.raises(HeaderError, match="control characters"):
        build(replace(RENDERING, subject=bad))
    with pytest.raises(HeaderError, match="control characters"):
        build(reader=READER._replace(name=bad))
    with pytest.raises(HeaderError, match="control characters"):
        build(reader=READER._replace(email=f"{bad}@reader.example"))
    with pytest.raises(HeaderError, match="control characters"):
        build(head=replace(HEAD, title=bad))


def test_a_message_id_belongs_to_issue_and_reader_r15() -> None:
    first = message_id(ISSUE, "uid-1")
    assert first == message_id(replace(ISSUE, id=9, number=3), "uid-1")
    later = replace(ISSUE.occurrence, local_date=date(2026, 11, 30))
    others = {
        message_id(ISSUE, "uid-2"),
        message_id(replace(ISSUE, edition="other"), "uid-1"),
        message_id(replace(ISSUE, occurrence=later), "uid-1"),
        message_id(replace(ISSUE, occurrence=replace(ISSUE.occurrence, slot=1)), "uid-1"),
    }
    assert len(others | {first}) == 5
    assert re.fullmatch(r"<[a-z2-7]{32}@signal\.example>", first)


def test_message_ids_of_an_issue_begin_alike_and_say_nothing_else_of_the_reader() -> None:
    later = replace(ISSUE, occurrence=replace(ISSUE.occurrence, local_date=date(2026, 11, 30)))
    ids = [message_id(issue, f"uid-{number}") for issue in (ISSUE, later) for number in range(50)]
    assert [len({one[:9] for one in of_issue}) for of_issue in (ids[:50], ids[50:])] == [1, 1]
    assert ids[0][:9] != ids[50][:9]
    # The part that tells readers apart is another one in each issue.
    assert len({one[9:] for one in ids}) == 100


def message_id(issue: Issue, uid: str) -> str:
    return message_ids(issue, "signal.example")(uid)


def test_a_list_id_has_at_most_255_characters_r11() -> None:
    assert list_id(HEAD) == "policy-weekly.signal.example"
    with pytest.raises(HeaderError, match="at most 255"):
        list_id(replace(HEAD, edition="e" * 250))


def test_domains_go_out_as_a_labels() -> None:
    message = parse(build(reader=READER._replace(email="ada@bücher.example")))
    assert str(message["To"]) == "Ada <ada@xn--bcher-kva.example>"


def test_a_non_ascii_local_part_stays_as_utf8() -> None:
    assert "To: Ada <jürgen@reader.example>\r\n".encode() in build(
        reader=READER._replace(email="jürgen@reader.example")
    )


def test_dots_at_the_start_of_a_line_are_encoded_r19() -> None:
    assert quoted_printable(".\n..x\nFrom me") == b"=2E\r\n=2E.x\r\n=46rom me"


def test_equal_renderings_make_equal_bytes() -> None:
    assert build() == build(replace(RENDERING, choice="topics=a"))
