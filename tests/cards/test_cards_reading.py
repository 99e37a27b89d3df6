"""Cards as editors really write them: every variation reads as the same card."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from letters.cards import ReadCard, read_card, read_card_bytes, write_card
from letters.cards.reading import Form
from letters.errors import CardError
from letters.model import Card, Credit, Insights, RelatedCard, Section

PLAIN = """\
Why batteries age | The Grid Hour
Summary
Cells age by the calendar and by use. Heat decides which one wins.
Key takeaway
For fleet operators, the cheapest upgrade is shade.
Key insights
Most capacity is lost while nobody drives.
Principles
- Heat ages cells faster than use.
- Full is not a resting state.
In practice
- Park at half charge.
- Cool before charging.
Topics
- Batteries
- Electric Vehicles
Best for: Fleet Operator, Director of R&D
Related on Gridline
Editorial summary, takeaway, and curation by Gridline. Original article published by The Grid Hour.
"""

CARD = Card(
    title="Why batteries age | The Grid Hour",
    summary="Cells age by the calendar and by use. Heat decides which one wins.",
    takeaway="For fleet operators, the cheapest upgrade is shade.",
    insights=Insights(
        lead="Most capacity is lost while nobody drives.",
        principles=("Heat ages cells faster than use.", "Full is not a resting state."),
        in_practice=("Park at half charge.", "Cool before charging."),
    ),
    topics=("Batteries", "Electric Vehicles"),
    audiences=("Fleet Operator", "Director of R&D"),
    related_on="Gridline",
    credit=Credit(curator="Gridline", publisher="The Grid Hour", medium="article"),
)


def read(text: str) -> ReadCard:
    return read_card(text, form="text", where="cards/a.txt")


def test_the_editors_form_reads_whole_and_without_problems() -> None:
    assert read(PLAIN) == ReadCard(card=CARD)


def upper_case_headings(text: str) -> str:
    for heading in (
        "Summary",
        "Key takeaway",
        "Key insights",
        "Principles",
        "In practice",
        "Topics",
        "Best for",
    ):
        text = text.replace(f"\n{heading}", f"\n{heading.upper()}")
    return text


def headings_with_colons(text: str) -> str:
    for heading in ("Summary", "Key takeaway", "Key insights", "Principles", "In practice", "Topics"):
        text = text.replace(f"\n{heading}\n", f"\n{heading}:\n")
    return text


def markdown_headings(text: str) -> str:
    for heading in ("Summary", "Key takeaway", "Key insights", "Topics", "Related on Gridline"):
        text = text.replace(f"\n{heading}\n", f"\n## {heading}\n\n")
    return "# " + text.replace("\nPrinciples\n", "\n### **Principles**\n")


def bold_headings(text: str) -> str:
    return text.replace("\nSummary\n", "\n**Summary:**\n").replace("Best for:", "**Best for:**")


def underlined_headings(text: str) -> str:
    return text.replace("\nSummary\n", "\nSummary\n-------\n").replace("Hour\nSummary", "Hour\n====\nSummary")


def stars(text: str) -> str:
    return text.replace("\n- ", "\n* ")


def dots(text: str) -> str:
    return text.replace("\n- ", "\n•")


def dashes(text: str) -> str:
    return text.replace("\n- ", "\n  –  ")


def numbers(text: str) -> str:
    return text.replace("\n- ", "\n1. ")


def blank_lines_everywhere(text: str) -> str:
    return text.replace("\n", "\n\n")


def no_bullets(text: str) -> str:
    return text.replace("\n- ", "\n")


def no_bullets_and_blank_lines(text: str) -> str:
    return text.replace("\n- ", "\n\n")


def windows_line_ends(text: str) -> str:
    return text.replace("\n", "\r\n")


def old_mac_line_ends(text: str) -> str:
    return text.replace("\n", "\r")


def byte_order_mark(text: str) -> str:
    return "\ufeff" + text


def trailing_space(text: str) -> str:
    return text.replace("\n", " \t\n")


def wrapped_lines(text: str) -> str:
    return (
        text.replace("by use. Heat", "by use.\nHeat")
        .replace("faster than use", "faster\n  than use")
        .replace("Operator, Director", "Operator,\nDirector")
        .replace("curation by Gridline. Original article", "\ncuration by\nGridline. Original article\n")
    )


def another_order(text: str) -> str:
    summary = text[text.index("Summary") : text.index("Key takeaway")]
    return text.replace(summary, "").replace("Topics\n", f"{summary}Topics\n")


def best_for_as_items(text: str) -> str:
    return text.replace(
        "Best for: Fleet Operator, Director of R&D", "Best for\n- Fleet Operator\n- Director of R&D"
    )


def best_for_with_and(text: str) -> str:
    return text.replace("Operator, Director", "Operator, and Director")


def topics_as_comma_list(text: str) -> str:
    return text.replace("Topics\n- Batteries\n- Electric Vehicles", "Topics: Batteries; Electric Vehicles")


def rules_between_sections(text: str) -> str:
    return text.replace("\nKey takeaway", "\n\n---\n\nKey takeaway").replace("\nTopics", "\n* * *\nTopics")


def two_credit_lines(text: str) -> str:
    return text.replace("Gridline. Original", "Gridline.\n\nOriginal")


def synonyms(text: str) -> str:
    return text.replace("Key takeaway\n", "Takeaway\n").replace("Key insights", "Insights")


@pytest.mark.parametrize(
    "variation",
    [
        upper_case_headings,
        headings_with_colons,
        markdown_headings,
        bold_headings,
        underlined_headings,
        stars,
        dots,
        dashes,
        numbers,
        blank_lines_everywhere,
        no_bullets,
        no_bullets_and_blank_lines,
        windows_line_ends,
        old_mac_line_ends,
        byte_order_mark,
        trailing_space,
        wrapped_lines,
        another_order,
        best_for_as_items,
        best_for_with_and,
        topics_as_comma_list,
        rules_between_sections,
        two_credit_lines,
        synonyms,
    ],
    ids=lambda variation: variation.__name__,
)
def test_a_variation_reads_as_the_same_card(variation: object) -> None:
    assert callable(variation)
    varied = variation(PLAIN)
    assert varied != PLAIN
    assert read(varied) == ReadCard(card=CARD)


@pytest.mark.parametrize(
    ("line", "credit"),
    [
        ("", Credit()),
        ("Editorial summary, takeaway, and curation by Gridline.", Credit(curator="Gridline")),
        ("editorial summary and curation by Gridline", Credit(curator="Gridline")),
        ("Original video published by Ohm.", Credit(publisher="Ohm", medium="video")),
        (
            "Editorial summary, takeaway, and curation by G. Original episode published by O.",
            Credit(curator="G", publisher="O", medium="episode"),
        ),
        (
            "Editorial summary, takeaway and curation by G. The original podcast episode was published by O.  ",
            Credit(curator="G", publisher="O", medium="podcast episode"),
        ),
        ("Original podcast published by Dr. Ohm & Co..", Credit(publisher="Dr. Ohm & Co.", medium="podcast")),
    ],
)
def test_the_credit_has_variants(line: str, credit: Credit) -> None:
    assert read(f"Title\n\nSummary\nText.\n\n{line}").card == Card(
        title="Title", summary="Text.", credit=credit
    )


def test_a_sentence_that_begins_like_a_credit_is_none() -> None:
    text = "Original research published by three laboratories says so."
    card = read(f"Title\nSummary\n{text}\n\nMore.\nTopics\n- A").card
    assert (card.summary, card.credit) == (f"{text}\n\nMore.", Credit())


@pytest.mark.parametrize(
    "missing", ["Summary", "Key takeaway", "Key insights", "Principles", "Topics", "Best for"]
)
def test_a_missing_section_is_no_problem(missing: str) -> None:
    lines = PLAIN.split("\n")
    begin = next(i for i, line in enumerate(lines) if line.startswith(missing))
    end = begin + 1 + (missing != "Best for") + (missing in {"Principles", "Topics"})
    result = read("\n".join(lines[:begin] + lines[end:]))
    assert result.problems == ()
    assert result.card != CARD


def test_a_title_alone_is_a_card() -> None:
    assert read("Only a title") == ReadCard(card=Card(title="Only a title"))


def test_an_unknown_heading_is_kept_word_for_word_and_reported_with_its_line_and_neighbour() -> None:
    result = read("Title\n\nSummary\nText.\n\nSumary of sources\n- one\n  - two\n\nBest for: A")
    assert result.card.sections == (Section(heading="Sumary of sources", text="- one\n  - two"),)
    assert result.card.audiences == ("A",)
    assert [str(problem) for problem in result.problems] == [
        'cards/a.txt:6: heading "Sumary of sources" is not known; its text is kept as a section; the nearest known heading is "Summary"'
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Title\nSummary\nText.\n\n## Quotes\nWords.",
        "Title\nSummary\nText.\n\nQuotes\n\nWords.",
        "Title\nSummary\nText.\n\nQuotes:\n- Words.",
        "Title\nSummary\nText.\n\nQuotes\n------\nWords.",
        "Title\nTopics\n- A\n- B\n\nQuotes\n\nWords.",
        "Title\nSummary\nText.\n\n引用\n\nWords.",
    ],
)
def test_what_is_plainly_a_heading_is_one(text: str) -> None:
    (section,) = read(text).card.sections
    assert section.text.endswith("Words.")


@pytest.mark.parametrize(
    "text",
    [
        # The first paragraph of a section, however short.
        "Title\nSummary\n\nA new dawn\n\nIt came late.",
        # Nothing follows it.
        "Title\nSummary\nText.\n\nThe End",
        # A sentence.
        "Title\nSummary\nText.\n\nIt was late.\n\nThen it was early.",
        # In the middle of a paragraph.
        "Title\nSummary\nThey met at\nHarbour House\nand talked.",
        # Names of a list without bullets.
        "Title\nTopics\n\nOpen Source\n\nRobotics\n\nSafety",
        # A wrapped item before another item.
        "Title\nPrinciples\n- Talk to the\nHarbour Board\n- Write it down.",
        # The words of a heading inside a sentence.
        "Title\nSummary\nThis is what we saw again and again\nin practice\nwherever we went.",
        "Title\nSummary\nText that goes on and\nrelated on that day\nto others.",
        # Too long, or not a name.
        "Title\nSummary\nText.\n\nA line of more than six words it is\n\nMore.",
        "Title\nSummary\nText.\n\nlower case words\n\nMore.",
        "Title\nSummary\nText.\n\nhttps://a.example/\n\nMore.",
    ],
)
def test_a_paragraph_is_never_turned_into_a_heading(text: str) -> None:
    result = read(text)
    assert result.card.sections == ()
    assert result.problems == ()


def test_a_backslash_keeps_a_line_from_being_a_heading() -> None:
    card = read("\\Summary\n\nSummary\nOne.\n\n\\Topics\n\n\\#5 is alive\n\n\\textbf stays").card
    assert card.title == "Summary"
    assert card.summary == "One.\n\nTopics\n\n#5 is alive\n\n\\textbf stays"


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_title_may_begin_like_a_heading(form: Form) -> None:
    title = "Summary: the year in batteries"
    written = write_card(Card(title=title, summary="Text."), form=form)
    assert "\\" not in written
    assert read_card(written, form=form, where="a").card == Card(title=title, summary="Text.")


def test_text_before_the_first_heading_begins_the_summary_and_is_reported() -> None:
    result = read("Title\nBy Somebody\n\nSummary\nText.")
    assert result.card.summary == "By Somebody\n\nText."
    assert "before the first heading" in str(result.problems[0])


def test_a_second_section_of_the_same_name_is_added_and_reported() -> None:
    result = read("Title\nSummary\nOne.\nTopics\n- A\nSummary\nTwo.")
    assert result.card.summary == "One.\n\nTwo."
    assert str(result.problems[0]).startswith('cards/a.txt:6: a second heading "Summary"')


def test_text_after_the_credit_is_kept() -> None:
    result = read("Title\nSummary\nText.\n\nEditorial summary by A.\n\n## Notes\nOne.")
    assert result.card.credit.curator == "A"
    assert result.card.sections == (Section(heading="Notes", text="One."),)


def test_a_summary_of_items_keeps_its_items() -> None:
    card = read("Title\nSummary\nThree things:\n- One\n- Two\n  goes on\n\nEnd.").card
    assert card.summary == "Three things:\n\n- One\n\n- Two goes on\n\nEnd."


def test_wrapped_lines_of_unspaced_scripts_join_without_a_space() -> None:
    assert read("题目\nSummary\n第一行没有空格\n第二行也没有。\nIn English\nthere is.").card.summary == (
        "第一行没有空格第二行也没有。 In English there is."
    )


def test_smart_quotes_stay() -> None:
    assert read("“Title” isn’t\nSummary\n‘So’ — it’s…").card.summary == "‘So’ — it’s…"


def test_related_items_are_links_or_titles() -> None:
    text = (
        "Title\nRelated on Gridline\n- [Why \\[cells\\] swell](https://g.example/swell)\n- Heat - https://g.example/heat\n"
        "- Cold (https://g.example/cold)\n- https://g.example/bare\n- Just a title\n"
    )
    assert read(text).card.related == (
        RelatedCard(title="Why [cells] swell", url="https://g.example/swell"),
        RelatedCard(title="Heat", url="https://g.example/heat"),
        RelatedCard(title="Cold", url="https://g.example/cold"),
        RelatedCard(title="https://g.example/bare", url="https://g.example/bare"),
        RelatedCard(title="Just a title"),
    )


# --- front matter ----------------------------------------------------------------------------------------

MARKDOWN = """\
---
id: 0B6F1C1E-6D0F-4B53-9A3B-2F6C7F0E9D11
link: https://grid.example/7
guid: 012
language: no
date: 2026-11-02
weight: 3
pinned: yes
topics: [Batteries, Electric Vehicles]
best_for: Fleet Operator, Director of R&D
publisher: The Grid Hour
curator: Gridline
---

# Why batteries age | The Grid Hour

## Summary
Text.
"""


@pytest.mark.parametrize("form", ["markdown", "text"])
def test_front_matter_binds_a_card_and_its_values_stay_text(form: str) -> None:
    result = read_card(MARKDOWN, form="markdown" if form == "markdown" else "text", where="a.md")
    assert result == ReadCard(
        card=Card(
            id="0b6f1c1e-6d0f-4b53-9a3b-2f6c7f0e9d11",
            link="https://grid.example/7",
            guid="012",
            language="no",
            date=date(2026, 11, 2),
            weight=3,
            pinned=True,
            title=CARD.title,
            summary="Text.",
            topics=CARD.topics,
            audiences=CARD.audiences,
            credit=CARD.credit,
        )
    )


def test_a_title_in_front_matter_suffices() -> None:
    assert read("---\ntitle: T\n---\n## Summary\nText.").card == Card(title="T", summary="Text.")


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("id: seven", 'a.txt:3: id "seven" is not a UUID'),
        ("date: tomorrow", 'a.txt:3: date "tomorrow" is not a date'),
        ("dtae: 2026-11-22", 'a.txt:3: field "dtae" is not known.*nearest known field is "date"'),
        ("topics: {a: 1}", 'a.txt:3: field "topics" is not text'),
        ("link: grid.example/7", 'link "grid.example/7" is not a web address'),
        ("weight: heavy", 'a.txt:3: field "weight" is not a whole number from -9 to 9'),
        ("weight: 10", 'a.txt:3: field "weight" is not a whole number from -9 to 9'),
        ("pinned: first", 'a.txt:3: field "pinned" is not "true" or "false"'),
        ("title: Other", None),
        ("guid: one\nguid: two", 'a.txt:4: field "guid" is given twice'),
        ("a: &x [1]\nb: *x", "a.txt:3: front matter is not YAML.*aliases"),
        ('a: "unclosed', "front matter is not YAML"),
        ("just words", "a.txt:3: front matter is not YAML.*names were wanted"),
    ],
)
def test_a_mistake_in_front_matter_is_reported_with_its_line_and_kept(front: str, words: str | None) -> None:
    result = read_card(f"\n---\n{front}\n---\nTitle\nSummary\nText.", form="text", where="a.txt")
    if words is not None:
        with pytest.raises(CardError, match=words):
            raise CardError(result.problems)
    kept = repr(result.card)
    for word in front.replace(":", " ").replace('"', " ").split()[1:]:
        assert word.strip("[]{}&*") in kept


def test_a_fence_that_never_closes_is_no_front_matter() -> None:
    assert read("---\nTitle\nSummary\nText.").card == Card(title="Title", summary="Text.")


# --- JSON ------------------------------------------------------------------------------------------------


def test_json_carries_the_same_fields() -> None:
    card = replace(CARD, id="0b6f1c1e-6d0f-4b53-9a3b-2f6c7f0e9d11", guid="g", date=date(2026, 11, 2))
    text = write_card(card, form="json")
    assert json.loads(text)["insights"]["principles"] == list(CARD.insights.principles)
    assert read_card(text, form="json", where="a.json") == ReadCard(card=card)


def test_json_takes_other_shapes_too() -> None:
    data = {
        "Title": "T",
        "lang": "en",
        "summary": ["One.", "Two."],
        "key_takeaway": "Go.",
        "key insights": "Lead.",
        "best-for": "A, B",
        "credit": {"publisher": "P", "medium": "video"},
        "related": ["R - https://r.example/"],
        "mood": {"deep": [1, 2]},
    }
    result = read_card(json.dumps(data), form="json", where="a.json")
    assert result.card == Card(
        title="T",
        language="en",
        summary="One.\n\nTwo.",
        takeaway="Go.",
        insights=Insights(lead="Lead."),
        audiences=("A", "B"),
        credit=Credit(publisher="P", medium="video"),
        related=(RelatedCard(title="R", url="https://r.example/"),),
        sections=(Section(heading="mood", text='{\n  "deep": [\n    1,\n    2\n  ]\n}'),),
    )
    assert 'field "mood" is not known' in str(result.problems[0])


def test_a_name_given_twice_in_json_loses_nothing() -> None:
    result = read_card('{"title": "T", "guid": "one", "guid": "two"}', form="json", where="a.json")
    assert (result.card.guid, result.card.sections) == ("one", (Section(heading="guid", text="two"),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("[1]", "found JSON of type list"),
        ('{"title": ', r"a\.json:1: not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"title": "T", "x": ' + "9" * 5000 + "}", "a number too long"),
        ('{"summary": "S"}', "no title was found"),
    ],
)
def test_only_what_is_no_card_at_all_is_refused(text: str, words: str) -> None:
    with pytest.raises(CardError, match=words):
        read_card(text, form="json", where="a.json")


@pytest.mark.parametrize("text", [" \n\ufeff", "Summary\nText.", "---\nlanguage: en\n---\n", "---\n\n***\n"])
def test_a_text_without_a_title_is_refused(text: str) -> None:
    with pytest.raises(CardError, match=r"empty|no title was found"):
        read(text)


# --- bytes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_in_any_form_that_says_so(encoding: str) -> None:
    assert read_card_bytes("Café 🦊".encode(encoding), form="text", where="a.txt") == ReadCard(
        card=Card(title="Café 🦊")
    )


def test_windows_text_is_read_and_reported() -> None:
    result = read_card_bytes("Title\n“Café”".encode("cp1252"), form="text", where="a.txt")
    assert result.card.summary == "“Café”"
    assert str(result.problems[0]).startswith("a.txt:2: the file is not UTF-8; it is read as Windows-1252")


@pytest.mark.parametrize("data", [b"\x89PNG\x00\x1a", b"\xff\xfe\x00", b"\xef\xbb\xbf\xff"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(CardError, match="the file is not text"):
        read_card_bytes(data, form="text", where="a.txt")


@pytest.mark.shared
def test_the_real_card_reads_whole(shared_data: Path) -> None:
    files = sorted((shared_data / "cards").glob("*.txt"))
    for file in files:
        result = read_card_bytes(file.read_bytes(), form="text", where=file.name)
        card = result.card
        assert result.problems == ()
        assert card.summary
        assert card.takeaway
        assert card.insights.principles
        assert card.topics
        assert card.credit.publisher
