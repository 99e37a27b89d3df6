"""How an issue looks: its HTML and text, within their bounds whatever its cards hold."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from composing import make_edition, make_entry, make_press, make_settings, render
from hypothesis import example, given
from hypothesis import strategies as st

from letters.compose.size import LIMIT_BYTES, size_bytes
from letters.compose.words import clean_line
from letters.compose.wrap import WIDTH, columns
from letters.errors import RenderError
from letters.model import Choice, Entry, GroupBy, Insights, PersonalLink, RelatedCard, Rendering
from letters.text import find_shipped

FORBIDDEN_TAGS = {
    "script",
    "img",
    "link",
    "iframe",
    "form",
    "object",
    "embed",
    "base",
    "input",
    "video",
    "audio",
}

# MRML lets an unknown element pass without a word, so ours are held to this list (MJML 4).
KNOWN_ELEMENTS = {
    "mjml", "mj-all", "mj-attributes", "mj-body", "mj-column", "mj-head", "mj-preview", "mj-raw", "mj-section",
    "mj-style", "mj-text", "mj-title",
}  # fmt: skip


def issue_of_many_kinds() -> list[Entry]:
    """Seven entries on three topics: with and without insights, a video, an episode without a card."""
    return [
        make_entry(9, topics=("Fog", "Ice")),
        make_entry(8, topics=("Fog",), insights=Insights(), audiences=()),
        make_entry(7, topics=("Ice", "Sand"), summary="", insights=Insights(principles=("Only this.",))),
        make_entry(6, topics=("Ice", "Fog"), takeaway="One.\n\nTwo, on “harbour & light” <not a tag>."),
        make_entry(5, topics=("Sand",), language="de", title="Die Lampe & das Meer"),
        make_entry(4, topics=("Sand", "Ice"), episode={"link": "https://vimeo.com/4", "duration": None}),
        make_entry(3, carded=False),
    ]


@pytest.fixture(scope="module")
def rendering() -> Rendering:
    return render(*issue_of_many_kinds())


@pytest.fixture(scope="module")
def page(rendering: Rendering) -> Any:
    return lxml.html.document_fromstring(rendering.html)


# --- the whole ---------------------------------------------------------------------------------------------


def test_the_page_says_its_language_and_direction(page: Any) -> None:
    """R21."""
    assert (page.get("lang"), page.get("dir")) == ("en", "ltr")
    assert [each.get("lang") for each in page.iter("div") if each.get("lang")] == ["en", "de"]


def test_headings_are_in_order_below_one_title(page: Any) -> None:
    """R21: one h1, sections as h2, cards as h3."""
    levels = [int(each.tag[1]) for each in page.iter("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [each.text_content() for each in page.iter("h2")] == ["Fog", "Ice", "Sand", "More"]
    assert len(list(page.iter("h3"))) == 7


def test_headings_are_in_order_when_grouped_on_two_levels_or_not_at_all() -> None:
    deep = render(
        *(make_entry(n, topics=("Fog",)) for n in range(3)),
        edition=make_edition(group_by=GroupBy.AUDIENCE_TOPIC),
    )
    assert re.findall(r"<h(\d)", deep.html) == ["1", "2", "3", "4", "4", "4"]
    flat = render(make_entry(1, topics=()))
    assert re.findall(r"<h(\d)", flat.html) == ["1", "2"]


def test_layout_tables_are_presentational_and_nothing_is_loaded_from_anywhere(
    rendering: Rendering, page: Any
) -> None:
    """R21; no tracking, no script, no font, no picture."""
    for table in page.iter("table"):
        assert table.get("role") == "presentation"
    assert not FORBIDDEN_TAGS & {each.tag for each in page.iter() if isinstance(each.tag, str)}
    assert "@import" not in rendering.html
    assert "url(" not in rendering.html
    assert not page.xpath("//@src | //@background | //@srcset")


def test_every_link_is_to_the_site_an_episode_or_a_personal_page(page: Any) -> None:
    hosts = {re.sub(r"https://([^/]+)/.*", r"\1", link) for link in page.xpath("//a/@href")}
    assert hosts == {"harbour.example", "lighthouse.example", "vimeo.com", "letters.invalid"}


def test_both_parts_carry_each_personal_link_once_and_the_page_for_everybody_none(
    rendering: Rendering,
) -> None:
    public = make_press().render_public(issue_of_many_kinds())
    for mark in PersonalLink:
        assert (rendering.html.count(mark), rendering.text.count(mark)) == (1, 1)
        assert mark not in public.html + public.text
    assert "You get this because" not in public.html
    assert 'href="https://harbour.example/"' in public.html
    assert 'href="https://harbour.example/editions/weekly.rss"' in public.html
    assert public.entries == rendering.entries


def test_the_text_part_has_every_link_of_the_html(rendering: Rendering, page: Any) -> None:
    """R16."""
    for link in page.xpath("//a/@href"):
        assert link in rendering.text


def test_the_text_part_stays_within_72_columns(rendering: Rendering) -> None:
    for line in rendering.text.split("\n"):
        assert columns(line) <= WIDTH or "://" in line
    assert "\n\n\n" not in rendering.text
    assert [int(note) for note in re.findall(r"^\[(\d+)\]", rendering.text, re.MULTILINE)] == list(
        range(1, 14)
    )


def test_the_preheader_is_in_the_html_and_is_not_the_title(rendering: Rendering, page: Any) -> None:
    hidden = page.xpath("//body/div[contains(@style, 'display:none')]")[0].text_content().strip()
    assert hidden == rendering.preheader == "Remember number 9."


def test_the_dark_look_is_offered(rendering: Rendering) -> None:
    assert '<meta name="color-scheme" content="light dark">' in rendering.html
    assert "prefers-color-scheme: dark" in rendering.html


def test_essential_styles_are_in_the_elements_and_text_is_large_enough(page: Any) -> None:
    """Some clients drop every style sheet; captions may have 14 px, text 16 or more."""
    for sheet in page.xpath("//style"):
        sheet.getparent().remove(sheet)
    sizes = {
        int(size) for style in page.xpath("//@style") for size in re.findall(r"font-size: ?(\d+)px", style)
    }
    assert {size for size in sizes if 1 < size < 16} == {14}


def test_the_templates_use_only_elements_that_mjml_knows() -> None:
    for template in find_shipped("templates", "email").glob("*.mjml"):
        elements = set(re.findall(r"<(mj[\w-]*)", template.read_text(encoding="utf-8")))
        assert elements <= KNOWN_ELEMENTS, template.name


def test_what_a_card_says_is_shown_in_the_order_of_the_look(rendering: Rendering) -> None:
    first = rendering.text[: rendering.text.index("-" * WIDTH)]
    parts = [
        "HARBOUR · No. 7 · 16 March 2026", "Signals, weekly", "6 cards and 1 more episode on 3 topics",
        "- Fog (2)", "FOG", "The Lighthouse Show · 48 min · 10 Mar", "Card 9", "First paragraph of card 9.",
        "| Remember number 9.", "Light carries further than sound.", "Principles\n- Keep the lamp clean.",
        "In practice\n- Polish at dusk.", "Also: Ice", "[1] Listen: https://lighthouse.example/9",
        "[2] Read the card: https://harbour.example/cards/card-9/",
    ]  # fmt: skip
    places = [first.index(part) for part in parts]
    assert places == sorted(places)


def test_below_an_audience_a_card_names_all_its_topics() -> None:
    entry = make_entry(1, topics=("Fog", "Ice"))
    assert "\nOn: Fog, Ice\n" in render(entry, edition=make_edition(group_by=GroupBy.AUDIENCE)).text
    assert "\nAlso: Ice\n" in render(entry).text


def test_a_right_to_left_issue_is_one_throughout() -> None:
    edition = make_edition(language="ar", title="إشارات")
    page = lxml.html.document_fromstring(render(make_entry(1), edition=edition).html)
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    styles = " ".join(page.xpath("//@style")).replace(": ", ":")
    assert "direction:ltr" not in styles
    assert "font-size:17px;line-height:1.55;text-align:right" in styles
    assert "font-size:17px;line-height:1.55;text-align:left" not in styles
    assert "border-right:3px" in styles
    assert "Georgia" not in styles


def test_an_operators_own_template_wins_and_its_errors_name_the_line(tmp_path: Path) -> None:
    from letters.compose.render import Renderer

    press = make_press()
    own = tmp_path / "email" / "card.mjml"
    own.parent.mkdir()
    own.write_text("{% macro show_card(card, heading) %}<h3>Only {{ card.title }}</h3>{% endmacro %}")
    mine = type(press)(Renderer(tmp_path), press.settings, press.edition, press.occurrence, 7)
    assert "Only Card 1<" in mine.render([make_entry(1)], Choice()).html
    own.write_text("{% macro show_card(card, heading) %}<p>{{ card.title }}{% endmacro %}")
    mine = type(press)(Renderer(tmp_path), press.settings, press.edition, press.occurrence, 7)
    with pytest.raises(
        RenderError, match=r'email/card\.mjml:1: what "show_card" makes of card "Card 1" is no MJML'
    ):
        mine.render([make_entry(1)], Choice())


# --- subjects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "subject"),
    [
        ("", "Card 2 — and 1 more"),
        ("{{ edition }}, no. {{ issue }}: {{ lead }}", "Signals, weekly, no. 7: Card 2"),
        ("{{ count }} cards, {{ date | date }}", "2 cards, 16 March 2026"),
        ("one\r\nBcc: two", "one Bcc: two"),
    ],
)
def test_a_subject_comes_from_its_template(template: str, subject: str) -> None:
    """R17: no line break gets into a header."""
    edition = make_edition(subject=template)
    assert render(make_entry(1), make_entry(2), edition=edition).subject == subject


def test_a_subject_with_an_unknown_name_is_refused_by_its_words() -> None:
    with pytest.raises(RenderError, match="colour"):
        render(make_entry(1), edition=make_edition(subject="{{ colour }}"))


# --- hostile text ------------------------------------------------------------------------------------------

HOSTILE = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "<p>", "</td></table>", "<script>alert(1)</script>", "<!--", "-->", "]]>", "<![CDATA[", "&amp;", "&#60;",
                "<mj-text>", "</mj-raw>", "{{ 7 * 7 }}", "{% include 'x' %}", "{#", '"', "'", "`", "=", "\r\n", "\x00",
                "\ud800", "\u202e", "<", ">", "&", " ", "a", "\n\n", "https://x.example/?a=1&b=2",
                PersonalLink.UNSUBSCRIBE.value, "HTTPS://LETTERS.INVALID/personal/preferences", "[1]", "From ", ".",
            ]
        ),
        max_size=8,
    ).map("".join),
)  # fmt: skip


@cache
def structure_of_harmless(look: str) -> list[str]:
    return structure(render_hostile("x", look))


def render_hostile(text: str, look: str) -> Rendering:
    """A mail whose every word is from that text: a card in full, or as the look has it, and one as a line."""
    entries = hostile_entry(text, 2), hostile_entry(text, 1)
    return render(*entries, edition=make_edition(look=look, max_cards=1))


def structure(rendering: Rendering) -> list[str]:
    page = lxml.html.document_fromstring(rendering.html)
    return [
        f"{each.tag} {sorted(each.keys())}" if isinstance(each.tag, str) else "comment"
        for each in page.iter()
    ]


def hostile_entry(text: str, number: int) -> Entry:
    line = f"x{text}"
    return make_entry(
        number,
        title=line,
        summary=line.replace("\n", " ").replace("\r", " "),
        takeaway=line.replace("\n", " ").replace("\r", " "),
        insights=Insights(lead=line, principles=(line, line), in_practice=(line,)),
        topics=("Fog", line),
        audiences=(line,),
        related=(RelatedCard(title=line, url=text),),
        episode={"show": line, "link": "https://lighthouse.example/1"},
    )


@pytest.mark.parametrize("look", ["digest", "brief", "single"])
@given(HOSTILE)
@example("</div></td></tr></table></body></html>")
@example("<!--[if mso]><h1><![endif]-->")
@example("{{ issue.unsubscribe_url }}")
def test_hostile_text_stays_in_its_place(look: str, text: str) -> None:
    """No markup, no template syntax, no header and no personal link comes out of a card's text, in any look."""
    found = render_hostile(text, look)
    assert structure(found) == structure_of_harmless(look)
    title = clean_line(f"x{text}", 300)
    page = lxml.html.document_fromstring(found.html)
    (heading,) = page.iter("h1" if look == "single" else "h3")
    assert heading.text_content() == title
    (also,) = page.xpath("//p[@class='also']/a")
    assert also.text_content() == title
    assert not re.search(r"[\x00-\x1f\x7f]", found.subject)
    for mark in PersonalLink:
        assert (found.html.lower().count(mark), found.text.lower().count(mark)) == (1, 1)
    found.html.encode()
    found.text.encode()


@given(
    st.one_of(
        HOSTILE,
        st.sampled_from(
            [
                "javascript:alert(1)", "data:text/html,x", " https://ok.example/a b\"'><script>", "//evil.example",
                "https://letters.invalid/personal/unsubscribe", "HTTP://Letters.Invalid/x", "file:///etc/passwd",
            ]
        ),
    )
)  # fmt: skip
def test_a_hostile_address_gives_a_web_link_or_none(url: str) -> None:
    entry = make_entry(1, episode={"link": url, "enclosures": ()})
    found = render(entry)
    page = lxml.html.document_fromstring(found.html)
    for link in page.xpath("//a/@href"):
        assert link.startswith(("https://", "http://"))
        assert not re.search(r"[\s<>\"]", link)
    assert all(found.html.lower().count(mark) == 1 for mark in PersonalLink)


def test_an_episode_without_any_address_still_has_its_card() -> None:
    entry = make_entry(1, episode={"link": "", "enclosures": ()})
    assert ">Read the card<" in render(entry).html
    bare = make_entry(2, carded=False, episode={"link": "", "enclosures": (), "title": "  "})
    assert ">Untitled<" in render(bare).html


# --- the size budget ---------------------------------------------------------------------------------------


def long_card(number: int) -> Entry:
    sentence = f"Card {number} speaks at length of fog, ice and the keeping of lights, “quotes” and all. "
    return make_entry(
        number,
        topics=(f"Topic {number % 9}", "Signals"),
        summary=sentence * 12,
        takeaway=sentence * 4,
        insights=Insights(lead=sentence, principles=(sentence,) * 4, in_practice=(sentence,) * 4),
        episode={"duration": timedelta(minutes=50)},
    )


def test_sixty_long_cards_come_out_whole_and_below_the_limit() -> None:
    """R20 and pain 29: never clipped; the lowest-ranked lose detail first, the footer nothing."""
    found = render(*(long_card(number) for number in range(60)))
    assert size_bytes(found.html) <= LIMIT_BYTES
    assert size_bytes(found.html) > LIMIT_BYTES * 0.9
    page = lxml.html.document_fromstring(found.html)
    assert len(list(page.iter("h3"))) == 60
    assert len(found.entries) == 60
    assert all(mark in found.html for mark in PersonalLink)
    assert "1 Quay Street" in found.html
    summaries = {n: f"Card {n} speaks" in found.html for n in range(60)}
    assert summaries[59]
    assert not summaries[0]


def test_what_finds_no_room_even_as_a_line_is_counted_and_is_on_the_public_page() -> None:
    cards = [long_card(number) for number in range(400)]
    press = make_press()
    found = press.render(cards, Choice())
    assert size_bytes(found.html) <= LIMIT_BYTES
    shown = len(list(lxml.html.document_fromstring(found.html).iter("h3")))
    assert f"And {400 - shown} more on this issue’s page" in found.html
    assert f"And {400 - shown} more on this issue’s page" in found.text
    assert len(found.entries) == 400
    assert press.render_public(cards).html.count("speaks at length") > 400


def test_one_endless_card_is_shortened_too() -> None:
    found = render(make_entry(1, summary="lamp " * 90_000, title="T" * 90_000), make_entry(2))
    assert size_bytes(found.html) <= LIMIT_BYTES
    assert ">Card 2<" in found.html


def test_a_rendering_does_not_depend_on_those_before_it() -> None:
    """Cards are set once and kept; none may show what another choice, another page or another issue made of it."""
    from letters.compose.render import Renderer

    cards = [*issue_of_many_kinds(), *(long_card(number) for number in range(20, 50))]
    choices = [
        Choice(),
        Choice(topics=frozenset({"ice", "signals"})),
        Choice(topics=frozenset({"sand"}), audiences=frozenset({"keeper"})),
        Choice(titles_only=True),
        Choice(topics=frozenset({"fog", "topic 3"})),
    ]
    edition = make_edition(max_cards=25)
    shared, kept = make_press(edition), Renderer(None)
    for number in (7, 8):
        press = type(shared)(kept, shared.settings, edition, shared.occurrence, number)
        for choice in [*choices, *reversed(choices)]:
            alone = type(shared)(Renderer(None), shared.settings, edition, shared.occurrence, number)
            assert press.render(cards, choice) == alone.render(cards, choice)
        assert press.render_public(cards) == alone.render_public(cards)


def test_no_text_can_ask_for_a_piece_of_another_card() -> None:
    text = "letters.invalid/piece/0; LETTERS.invalid/piece/1; letters.invalid/piece/begin;"
    found = render(
        make_entry(9, title="Ours"), make_entry(1, title=text, summary=text), edition=make_edition(title=text)
    )
    titles = [each.text_content() for each in lxml.html.document_fromstring(found.html).iter("h3")]
    assert titles == ["Ours", "(no link)/piece/0; (no link)/piece/1; (no link)/piece/begin;"]
    assert found.html.count(">Ours<") == 1


def test_what_is_only_listed_is_a_line_with_its_show_in_both_parts() -> None:
    entries = [make_entry(number, language="de" if number == 2 else "") for number in range(5)]
    found = render(*entries, edition=make_edition(max_cards=3))
    page = lxml.html.document_fromstring(found.html)
    assert [each.text_content() for each in page.iter("h2")] == ["Signals", "Also this week"]
    assert len(list(page.iter("h3"))) == 3
    lines = page.xpath("//p[@class='also']")
    assert [line.text_content() for line in lines] == [
        "Card 1 · The Lighthouse Show",
        "Card 0 · The Lighthouse Show",
    ]
    assert lines[0].xpath("a/@href") == ["https://harbour.example/cards/card-1/"]
    assert "3 cards, about 2 hours of listening; 2 more in short" in found.html
    assert "\nALSO THIS WEEK\n" in found.text
    assert (
        "\nCard 1 · The Lighthouse Show\n[7] Read the card: https://harbour.example/cards/card-1/\n"
        in found.text
    )
    assert found.entries == ("entry-4", "entry-3", "entry-2", "entry-1", "entry-0")
    assert "Also this week" in make_press(make_edition(max_cards=3)).render_public(entries).html


def test_lines_alone_are_never_clipped_either() -> None:
    cards = [make_entry(number) for number in range(500)]
    for choice, most in ((Choice(titles_only=True), 0), (Choice(), 5)):
        found = render(*cards, choice=choice, edition=make_edition(max_cards=most))
        assert size_bytes(found.html) <= LIMIT_BYTES
        assert all(mark in found.html for mark in PersonalLink)
        assert "more on this issue’s page" in found.html


# --- an empty one ------------------------------------------------------------------------------------------


def test_an_issue_with_nothing_in_it_says_so() -> None:
    found = make_press(settings=make_settings(site={"postal_address": ""})).render([], Choice())
    assert found.subject == "Signals, weekly: nothing new this time"
    assert "There is nothing new this time." in found.html
    assert all(mark in found.text for mark in PersonalLink)
    assert found.entries == ()
