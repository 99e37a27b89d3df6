"""Whole mails as they were looked at: each look, a right-to-left issue and a German one, and the headers that go before them.

Written only on request, by ``LETTERS_WRITE_GOLDEN=1``; the run that writes fails, so that somebody looks.
"""

from __future__ import annotations

import os
import re
from email.headerregistry import Address
from functools import cache
from pathlib import Path

import pytest
from composing import make_edition, make_press, make_settings, monday
from test_compose_render import issue_of_many_kinds

from letters.deliver.message import Letterhead, Recipient, message_template, recipient_values
from letters.model import Choice, Edition, Issue, IssueState, Occurrence, Rendering

GOLDEN = Path(__file__).with_name("golden")
EDITIONS = {
    "digest": make_edition(),
    "brief": make_edition(look="brief", max_cards=5),
    "single": make_edition(look="single"),
    "arabic": make_edition(title="إشارات الأسبوع", language="ar"),
    "german": make_edition(title="Signale der Woche", language="de", max_cards=5),
}
# What may change from one sending to another, or with the version of Python.
_MASKED = re.compile(rb"(?m)^(Date|Message-ID): .*$|(boundary=\"|^--)=_[0-9a-f]+")


@cache
def rendering(name: str) -> Rendering:
    edition = EDITIONS[name]
    return make_press(edition, make_settings(edition)).render(issue_of_many_kinds(), Choice())


def compare(path: Path, found: str) -> None:
    if os.environ.get("LETTERS_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
        pytest.fail(f"wrote {path.name}: look at it, then run again without LETTERS_WRITE_GOLDEN")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EDITIONS)
def test_the_page_is_the_golden_one(name: str) -> None:
    compare(GOLDEN / f"{name}.html", rendering(name).html)


@pytest.mark.parametrize("name", EDITIONS)
def test_the_text_is_the_golden_one(name: str) -> None:
    compare(GOLDEN / f"{name}.txt", rendering(name).text)


def test_the_headers_are_the_golden_ones() -> None:
    compare(GOLDEN / "digest.headers.txt", headers(EDITIONS["digest"], rendering("digest")))


def headers(edition: Edition, found: Rendering) -> str:
    """The header fields of a whole message, what differs from one sending to the next masked."""
    at = monday(2)
    head = Letterhead(
        edition=edition.key,
        title=edition.title,
        sender=Address("Harbour", addr_spec="news@harbour.example"),
        list_domain="harbour.example",
        base_url="https://harbour.example",
        contact="desk@harbour.example",
    )
    recipient = Recipient(
        email="ada@reader.example",
        name="Ada Løvelace",
        message_id="<1@harbour.example>",
        unsubscribe_url="https://harbour.example/unsubscribe/TOKEN",
        preferences_url="https://harbour.example/preferences/TOKEN",
    )
    issue = Issue(
        id=1,
        edition=edition.key,
        occurrence=Occurrence(at=at, local_date=at.date()),
        number=7,
        state=IssueState.APPROVED,
    )
    message = message_template(head, issue, found, now=at).fill(recipient_values(recipient))
    fields = message.partition(b"\r\n\r\n")[0]
    return _MASKED.sub(lambda one: (one[1] or one[2]) + b" ...", fields).decode().replace("\r\n", "\n") + "\n"
