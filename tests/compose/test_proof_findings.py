"""What a proof says of a mail: nothing of the shipped one, and each fault by its words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from composing import make_edition, make_entry, make_press, render
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.compose.proof import Proof, check_overrides, examine
from letters.errors import Problem
from letters.model import Choice, Entry, Rendering

HTML = """<!doctype html><html lang="en"><head><title>T</title></head><body><h1>One</h1>{}
<p><a href="https://harbour.example/">Harbour</a></p></body></html>"""
TEXT = "One\n\nHarbour: https://harbour.example/\n"


def mail(body: str = "", text: str = TEXT, **fields: str) -> Rendering:
    said = {
        "subject": "A subject",
        "preheader": "Words that say something which the subject does not.",
        **fields,
    }
    return Rendering(choice="", html=HTML.format(body), text=text, **said)


def words(*problems: Problem) -> str:
    return "\n".join(map(str, problems))


def wrong(proof: Proof) -> str:
    return words(*(problem for problem in proof.problems if not problem.is_notice))


def noticed(proof: Proof) -> str:
    return words(*(problem for problem in proof.problems if problem.is_notice))


@pytest.mark.parametrize("choice", [Choice(), Choice(titles_only=True)])
def test_the_shipped_mail_has_nothing_to_mend(choice: Choice) -> None:
    entries = [make_entry(n, topics=("Fog", "Ice")) for n in range(9)]
    proof = examine(make_press().render(entries, choice), entries)
    assert wrong(proof) == ""
    assert proof.compatibility.unknown == ()
    assert {link.is_in_text for link in proof.links} == {True}
    assert sum(link.is_personal for link in proof.links) >= 2


def test_a_mail_without_fault_has_none() -> None:
    proof = examine(mail())
    assert (wrong(proof), noticed(proof)) == ("", "")
    (link,) = proof.links
    assert (link.url, link.names, link.is_in_text) == ("https://harbour.example/", ("Harbour",), True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<h3>Three</h3>", 'html: "Three" is an h3 and follows an h1; make it an h2'),
        ("<h2></h2>", "html: an h2 without words"),
        ("<h1>Two</h1>", "html: 2 headings of the first level, wanted one"),
        ('<img src="https://a.example/a.png" width=2 height=2>', 'has no alt; say in alt what it shows'),
        ('<img src="https://a.example/a.png" alt="">', "has no width and no height"),
        ('<img src="/a.png" alt="" width=2 height=2>', "is not loaded by https"),
        ('<img src="https://a.example/a.png" alt="" width=1 height=1>', "has a side of one pixel"),
        ("<table><tr><td>x</td></tr></table>", 'html: a table for layout without role="presentation"'),
        ("<style>p { top: 0 }</style>", "html: a style sheet in the body: Gmail reads those in the head only"),
        (f"<style>/*{'x' * 16_384}*/</style>", "html: style sheets of 16,388 bytes: Gmail drops what is beyond 16,384"),
        ("<script>1</script>", "html: a script element: clients drop it"),
        ('<link rel=stylesheet href="https://a.example/a.css">', "a style sheet from elsewhere"),
        ('<a href="/cards/1/">x</a>', 'the link to "/cards/1/" is no whole address'),
        ('<a href="javascript:1">x</a>', 'the link to "javascript:1" is no whole address'),
        ('<a href="https:///x">x</a>', "names no host"),
        ('<a href="https://harbour.example/"></a>', 'the link to "https://harbour.example/" has no words'),
        ('<a href="http://localhost:8000/x">x</a>', "leads to a machine that readers cannot reach; see site.base_url"),
        ('<a href="http://10.1.2.3/x">x</a>', "leads to a machine that readers cannot reach"),
        ('<a href="https://b.example/">B</a>', "text: lacks links that the HTML has: https://b.example/"),
        ("<p>Dear *|FNAME|*,</p>", 'html: "*|FNAME|*" was not filled in'),
        ("<p>Dear {{ first_name }},</p>", 'html: "{{ first_name }}" was not filled in'),
        ('<a href="https://harbour.example/%7B%7B%20uid%20%7D%7D">x</a>', 'html: "{{ uid }}" was not filled in'),
        ('<p style="position:fixed">x</p>', "html: CSS position in <p> is not known to"),
    ],
)  # fmt: skip
def test_a_fault_of_the_html_is_told_with_its_remedy(body: str, said: str) -> None:
    """R16, R21."""
    assert said in wrong(examine(mail(body)))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"subject": ""}, "subject: is empty"),
        ({"subject": "Dear %%name%%"}, 'subject: "%%name%%" was not filled in'),
        ({"preheader": "A Subject"}, "preheader: says the subject again"),
        ({"text": " "}, "text: the part is empty; see the template text/issue.txt"),
        ({"text": TEXT + "Hello {name}"}, 'text: "{name}" was not filled in'),
        ({"text": TEXT + "[FIRST_NAME]"}, 'text: "[FIRST_NAME]" was not filled in'),
    ],
)
def test_a_fault_beside_the_html_is_told(fields: dict[str, str], said: str) -> None:
    assert said in wrong(examine(mail(**fields)))


def test_an_empty_mail_has_no_html_and_no_words() -> None:
    nothing = Rendering(choice="", subject="S", preheader="", html="", text="")
    found = wrong(examine(nothing))
    assert "html: the part is empty" in found
    assert "text: the part is empty" in found


def test_lengths_are_worth_knowing_and_no_fault() -> None:
    proof = examine(mail(subject="S" * 61, preheader="short"))
    assert wrong(proof) == ""
    assert "subject: has 61 characters; phones show about 60" in noticed(proof)
    assert "preheader: has 5 characters; inboxes show it well from 40 to 110" in noticed(proof)
    assert noticed(examine(mail(subject="S" * 60, preheader="P" * 110))) == ""


@pytest.mark.parametrize(("size", "is_wrong", "is_near"), [(100_000, False, True), (100_001, True, False)])
def test_the_size_is_held_against_the_limit_to_the_byte(size: int, is_wrong: bool, is_near: bool) -> None:
    """R20."""
    filled = mail(f"<!--{'x' * (size - len(HTML.format('').encode()) - 7)}-->")
    proof = examine(filled)
    assert proof.html_bytes == size
    assert ("wanted at most 100,000" in wrong(proof)) is is_wrong
    assert ("of 100,000 bytes" in noticed(proof)) is is_near


def test_a_sign_that_a_card_itself_speaks_of_is_no_fault() -> None:
    entry = make_entry(1, title="What {{ name }} means in Jinja")
    proof = examine(render(entry), [entry])
    assert wrong(proof) == ""
    assert '"{{ name }}" was not filled in, as it stands in a card' in noticed(proof)
    assert '"{{ name }}" was not filled in; mend' in wrong(examine(render(entry)))


SIGNS = [
    "{{ x }}",
    "{% if y %}",
    "*|NAME|*",
    "%%name%%",
    "${name}",
    "<% n %>",
    "[[name]]",
    "{name}",
    "[FIRST_NAME]",
]


@settings(max_examples=25)
@given(st.lists(st.sampled_from(SIGNS), max_size=4), st.text(alphabet="ab >&\"'", max_size=12))
def test_every_sign_in_a_text_is_found_and_nothing_else(signs: list[str], between: str) -> None:
    subject = between.join([between, *signs, between]) or "a"
    found = [one.what for one in examine(replace(mail(), subject=subject)).problems if one.where == "subject"]
    assert [one for one in found if "filled" in one] == [
        f'"{sign}" was not filled in' for sign in dict.fromkeys(signs)
    ]


# --- templates of a workspace --------------------------------------------------------------------------------


def test_the_shipped_templates_name_nothing_unknown() -> None:
    from letters.text import find_shipped

    assert check_overrides(find_shipped("templates")) == []


def test_a_workspace_without_templates_has_nothing_misspelt(tmp_path: Path) -> None:
    assert check_overrides(tmp_path / "templates") == []


def test_a_misspelt_name_is_told_with_file_line_and_what_was_meant(tmp_path: Path) -> None:
    own = tmp_path / "email" / "card.mjml"
    own.parent.mkdir()
    own.write_text(
        "{% macro show_card(card, heading) %}\n<p>{{ card.titel }}</p>\n{% for link in card.links %}"
        "{{ link.adress }}{% endfor %}\n{{ isue.site }}{{ card.title | unheard_of }}\n{% endmacro %}\n"
        "{% set card = 1 %}{% set mine = issue %}{{ mine.anything }}"
    )
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "broken.txt").write_text("{% if %}")
    assert [str(one) for one in check_overrides(tmp_path)] == [
        'templates/email/card.mjml:2: "card.titel" is nothing that a template is given; did you mean "card.title"?',
        'templates/email/card.mjml:3: "link.adress" is nothing that a template is given',
        'templates/email/card.mjml:4: "isue" is nothing that a template is given; did you mean "issue"?',
    ]


def test_entries_need_not_be_known(tmp_path: Path) -> None:
    entries: list[Entry] = []
    assert examine(make_press(make_edition()).render(entries, Choice()), entries).html_bytes > 0
