"""An issue's page: the mail as it was composed, and beside it what a page of the site needs."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from lxml import html as lxml_html

from builders import day
from letters.model import PUBLIC, Edition, IssueState, Occurrence, Rendering
from letters.publish.issue_page import as_page
from letters.store.issues import add_issue, set_state

MAIL = """<!doctype html><html lang="en"><head><title>Signal · No. NUMBER</title><!--[if mso]></head></body><![endif]-->
<style>p { margin: 0 }</style></head><body class="page"><h1>Issue NUMBER</h1><p>Words of issue NUMBER.</p></body></html>"""


def mail(number: int) -> str:
    return MAIL.replace("NUMBER", str(number))


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<html><head><title>T</title></head><body>B</body></html>", "<html><head><title>T</title>H</head><body>BF</body></html>"),
        ("<!doctype html><html><body><p>B</body></html>", "<!doctype html><html>H<body><p>BF</body></html>"),
        ("<HTML><HEAD></HEAD ><BODY>B</BODY></HTML>", "<HTML><HEAD>H</HEAD ><BODY>BF</BODY></HTML>"),
        ("<!DOCTYPE html>\n<p>B", "<!DOCTYPE html>H\n<p>BF"),
        ("<p>B</p></html>", "H<p>B</p>F</html>"),
        ("B", "HBF"),
        ("<head><!-- </head> --></head><body>B<!-- </body> --></body>", "<head><!-- </head> -->H</head><body>B<!-- </body> -->F</body>"),
        ("<body>B</body><!-- </body>", "H<body>BF</body><!-- </body>"),
    ],
)  # fmt: skip
def test_what_is_added_stands_at_the_end_of_head_and_body(html: str, wanted: str) -> None:
    assert as_page(html, head="H", foot="F") == wanted


def add_one(c: Any, number: int, *, state: IssueState = IssueState.SENT, subject: str = "") -> int:
    subject = subject or f"Issue {number} & more"
    rendering = Rendering(
        choice=PUBLIC,
        subject=subject,
        preheader=f'What "{number}" is about',
        html=mail(number),
        text=f"Issue {number}",
    )
    added = add_issue(
        c,
        edition="weekly",
        occurrence=Occurrence(at=day(number * 7), local_date=date(2026, 3, number)),
        number=number,
        state=state,
        subject=subject,
        composed_at=day(number * 7),
        renderings=[rendering],
    )
    assert added is not None
    return added.id


@pytest.fixture
def weekly(press: Any, with_settings: Any) -> Any:
    press.settings = with_settings(
        editions=(Edition(key="weekly", title="The weekly Signal", when="0 8 * * MON"),)
    )
    with press.store.write() as c:
        for number in (1, 2, 3):
            add_one(c, number)
    press.publish(day(30))
    return press


def page_of(press: Any, number: int) -> Any:
    return lxml_html.document_fromstring(press.text(f"issues/weekly/{number}/index.html"))


def neighbours(press: Any, number: int) -> dict[str, str]:
    return {one.get("rel"): one.get("href") for one in page_of(press, number).xpath("//nav//a[@rel]")}


def test_a_page_of_an_issue_leads_to_its_neighbours_and_its_edition(weekly: Any) -> None:
    assert neighbours(weekly, 1) == {"next": "../2/"}
    assert neighbours(weekly, 2) == {"prev": "../1/", "next": "../3/"}
    assert neighbours(weekly, 3) == {"prev": "../2/"}
    assert page_of(weekly, 2).xpath("//nav/a[not(@rel)]/@href") == ["../../../editions/weekly/"]
    assert "Earlier issue: Issue 1 & more" in page_of(weekly, 2).text_content()


def test_a_page_of_an_issue_says_what_it_is(weekly: Any) -> None:
    page = page_of(weekly, 2)
    assert page.xpath("//link[@rel='canonical']/@href") == ["https://signal.example/issues/weekly/2/"]
    assert page.xpath("//title/text()") == ["Signal · No. 2"]
    properties = {one.get("property"): one.get("content") for one in page.xpath("//meta[@property]")}
    assert properties == {
        "og:type": "article",
        "og:title": "Issue 2 & more",
        "og:url": "https://signal.example/issues/weekly/2/",
        "og:description": 'What "2" is about',
        "og:site_name": "Signal",
        "article:published_time": "2026-03-15T09:00:00Z",
    }
    (script,) = page.xpath("//script")
    assert script.get("type") == "application/ld+json"
    assert json.loads(script.text)["isPartOf"]["name"] == "The weekly Signal"
    feeds = page.xpath("//link[@rel='alternate']/@href")
    assert feeds[0] == "https://signal.example/editions/weekly.rss"
    # All of it is in the head, and the mail's body is as it was.
    assert not page.xpath("//body//meta | //body//link | //body//style")


def test_the_mail_itself_is_not_altered(weekly: Any) -> None:
    page = weekly.text("issues/weekly/2/index.html")
    head, _, rest = mail(2).partition("</style></head>")
    assert page.startswith(head)
    assert rest.partition("</body>")[0] in page
    assert page.endswith("</nav>\n</body></html>")


def test_a_new_issue_is_next_on_the_page_of_the_one_before(weekly: Any) -> None:
    before = weekly.files()
    with weekly.store.write() as c:
        add_one(c, 4, subject="</script> in a subject")
    weekly.publish(day(31))
    after = weekly.files()
    changed = {path for path in before if path.startswith("issues/") and before[path] != after[path]}
    assert changed == {"issues/weekly/3/index.html"}
    assert neighbours(weekly, 3) == {"prev": "../2/", "next": "../4/"}
    assert len(page_of(weekly, 4).xpath("//script")) == 1


def test_an_issue_that_was_withdrawn_is_passed_over(weekly: Any) -> None:
    with weekly.store.write() as c:
        set_state(c, 2, IssueState.CANCELLED)
    weekly.publish(day(31))
    assert neighbours(weekly, 1) == {"next": "../3/"}
    assert neighbours(weekly, 3) == {"prev": "../1/"}
    before = weekly.files()
    assert weekly.publish(day(32), everything=True).written == 0
    assert weekly.files() == before
