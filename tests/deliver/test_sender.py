"""Who an issue is from."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from deliver_kit import make_settings

from letters.deliver.sender import sender_of
from letters.model import Edition, Issue, IssueState, Occurrence

ISSUE = Issue(
    id=1,
    edition="weekly",
    occurrence=Occurrence(at=datetime(2026, 11, 23, 12, tzinfo=UTC), local_date=date(2026, 11, 23)),
    number=7,
    state=IssueState.APPROVED,
)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{{ edition }}, no. {{ issue }}", "Weekly, no. 7"),
        ("{{ date | date }}", "23. November 2026"),
    ],
)
def test_an_edition_names_its_sender_and_keeps_the_address(template: str, name: str) -> None:
    settings = make_settings()
    edition = Edition(key="weekly", title="Weekly", when="0 8 * * MON", language="de", from_name=template)
    sender = sender_of(settings, edition, ISSUE)
    assert sender.display_name == name
    assert sender.addr_spec == settings.delivery.sender.addr_spec


def test_an_edition_without_a_name_for_it_has_the_publications_sender() -> None:
    settings = make_settings()
    edition = Edition(key="weekly", title="Weekly", when="0 8 * * MON")
    assert sender_of(settings, edition, ISSUE) == settings.delivery.sender
