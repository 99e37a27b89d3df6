"""What reports say: a corpus of forms with expectations beside them, codes, and hostile bytes."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.model import ReturnKind
from letters.returns import UnreadableReportError, read_report
from letters.returns.status import kind_of

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.eml"))
TOKEN = "abcdefghijklmnopqrstuvwxyz234567"
OURS = "bounces@signal.example"


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_r32_reports_are_read_by_field_for_each_recipient(file: Path) -> None:
    found = read_report(file.read_bytes(), return_address=OURS)
    said = [{"kind": one.kind.value, "address": one.address, "status": one.status} for one in found]
    assert said == json.loads(file.with_suffix(".json").read_text())


@pytest.mark.parametrize("name", ["verp-without-original", "qmail", "exim-plain", "out-of-office"])
def test_r31_a_return_path_of_ours_names_the_message(name: str) -> None:
    content = next(file for file in CORPUS if file.stem == name).read_bytes()
    assert read_report(content, return_address=OURS)[0].trace.tokens == (TOKEN,)
    assert read_report(content, return_address="bounces@other.example")[0].trace.tokens == ()


def test_r35_a_complaint_names_its_message_though_the_address_is_redacted() -> None:
    content = next(file for file in CORPUS if file.stem == "complaint-redacted").read_bytes()
    assert read_report(content)[0].trace.message_ids == (f"<{TOKEN}@signal.example>",)


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind"),
    [
        ("5.1.1", "", ReturnKind.HARD),
        ("4.2.2", "", ReturnKind.SOFT),
        ("5.2.2", "", ReturnKind.SOFT),
        ("5.7.1", "", ReturnKind.POLICY),
        ("4.7.1", "", ReturnKind.SOFT),
        ("5.2.3", "", ReturnKind.CONTENT),
        ("5.3.4", "", ReturnKind.CONTENT),
        ("5.6.0", "", ReturnKind.CONTENT),
        ("5.1.8", "", ReturnKind.POLICY),
        ("5.0.0", "550 5.7.1 spam", ReturnKind.POLICY),
        ("", "550 no such user", ReturnKind.HARD),
        ("", "452 try later", ReturnKind.SOFT),
        ("", "host 192.0.2.5 said nothing", ReturnKind.SOFT),
        ("5.1.1", "from 5.7.1.9", ReturnKind.HARD),
    ],
)
def test_r33_codes_say_whether_the_reader_is_gone(status: str, diagnostic: str, kind: ReturnKind) -> None:
    assert kind_of(status, diagnostic) is kind


_LINES = st.sampled_from(
    [line for file in CORPUS for line in file.read_bytes().splitlines()]
    + [b"Content-Type: multipart/mixed; boundary=\xff", b"Content-Transfer-Encoding: base64", b"", b"\x00:"]
)


@given(st.one_of(st.binary(max_size=400), st.lists(_LINES, max_size=40).map(b"\n".join)))
def test_no_bytes_raise_anything_but_an_unreadable_report(content: bytes) -> None:
    with suppress(UnreadableReportError):
        assert read_report(content, return_address=OURS)


def test_a_mail_of_parts_within_parts_is_refused_at_once() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000))
    with pytest.raises(UnreadableReportError, match="parts within parts"):
        read_report(deep)
