"""Golden mails: each look, one that runs from right to left and one in German; their HTML, text, and header fields.

Written only on request, by ``LETTERS_WRITE_GOLDEN=1``; the run that writes fails, so that somebody looks.
"""

from __future__ import annotations

import email
import os
import re
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path

import pytest
from composing import make_edition, make_entry, monday, render
from test_compose_render import issue_of_many_kinds

from letters.deliver.message import Letterhead, Recipient, message_template, recipient_values
from letters.model import (
    Edition,
    Entry,
    Insights,
    Issue,
    IssueState,
    Occurrence,
    PersonalLink,
    Rendering,
)

GOLDEN = Path(__file__).with_name("golden")
_UNSUBSCRIBE = "https://harbour.example/unsubscribe/token"
_PREFERENCES = "https://harbour.example/preferences/token"


def _arabic() -> list[Entry]:
    """Two Arabic cards, and an English one, which runs the other way."""
    return [
        make_entry(
            9,
            topics=("الضباب",),
            title="كيف يصل الضوء بعيدا",
            summary="الفقرة الأولى عن المنارة.",
            takeaway="نظف المصباح كل مساء.",
            insights=Insights(
                lead="الضوء أبعد من الصوت.", principles=("مصباح نظيف.",), in_practice=("نظفه عند الغروب.",)
            ),
            episode={"show": "حديث المنارة", "duration": timedelta(minutes=48)},
        ),
        make_entry(8, topics=("الضباب",), language="en"),
        make_entry(7, topics=("الجليد",), title="جليد على البحر", takeaway="انتظر الربيع."),
    ]


def _cases() -> dict[str, tuple[Edition, list[Entry]]]:
    return {
        "digest": (make_edition(), issue_of_many_kinds()),
        "brief": (make_edition(look="brief", max_cards=5), issue_of_many_kinds()),
        "single": (make_edition(look="single"), issue_of_many_kinds()),
        "right-to-left": (make_edition(language="ar", title="إشارات", max_cards=2), _arabic()),
        "german": (make_edition(language="de", title="Signale, wöchentlich"), issue_of_many_kinds()),
    }


NAMES = list(_cases())


@cache
def rendering(name: str) -> Rendering:
    edition, entries = _cases()[name]
    return render(*entries, edition=edition)


def message(name: str) -> bytes:
    """As it goes out to one reader, unsigned."""
    edition, _ = _cases()[name]
    at = monday(2)
    head = Letterhead(
        edition=edition.key,
        title=edition.title,
        sender=Address("Harbour", addr_spec="news@harbour.example"),
        list_domain="harbour.example",
        base_url="https://harbour.example",
        contact="desk@harbour.example",
    )
    issue = Issue(
        id=1,
        edition=edition.key,
        occurrence=Occurrence(at=at, local_date=at.date()),
        number=7,
        state=IssueState.APPROVED,
    )
    reader = Recipient(
        email="ada@readers.example",
        name="Ada",
        message_id="<one@harbour.example>",
        unsubscribe_url=_UNSUBSCRIBE,
        preferences_url=_PREFERENCES,
    )
    return message_template(head, issue, rendering(name), now=at).fill(recipient_values(reader))


def header_fields(data: bytes) -> str:
    """Header fields of the message and of its parts, as they are on the wire, without the parts' texts.

    The boundary is masked: it is another one with each change of a text.
    """
    text = data.decode("ascii").replace("\r\n", "\n")
    (boundary,) = re.findall(r'boundary="([^"]+)"', text)
    head, *parts, end = text.split(f"--{boundary}")
    fields = [head, *(part.partition("\n\n")[0] + "\n\n" for part in parts), end]
    return "--MASKED".join(fields).replace(boundary, "MASKED")


@pytest.mark.parametrize("part", ["html", "txt", "headers"])
@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_the_golden_one(name: str, part: str) -> None:
    path = GOLDEN / f"{name}.{part}"
    found = {
        "html": lambda: rendering(name).html,
        "txt": lambda: rendering(name).text,
        "headers": lambda: header_fields(message(name)),
    }[part]()
    if os.environ.get("LETTERS_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
        pytest.fail(f"wrote {path.name}: look at it, then run again without LETTERS_WRITE_GOLDEN")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_of_the_message_are_the_golden_texts_with_the_readers_own_links(name: str) -> None:
    parsed = email.message_from_bytes(message(name), policy=default)
    assert isinstance(parsed, EmailMessage)
    plain, html = parsed.iter_parts()
    for part, golden in ((plain, "txt"), (html, "html")):
        assert isinstance(part, EmailMessage)
        wanted = (GOLDEN / f"{name}.{golden}").read_text(encoding="utf-8")
        wanted = wanted.replace(PersonalLink.UNSUBSCRIBE.value, _UNSUBSCRIBE)
        wanted = wanted.replace(PersonalLink.PREFERENCES.value, _PREFERENCES)
        assert str(part.get_content()).replace("\r\n", "\n").rstrip("\n") == wanted.rstrip("\n")
