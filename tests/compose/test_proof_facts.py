"""What mail clients do with features: the table, how a mail's features are found, and the source that the table comes from."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from letters.compose.proof import known_facts
from letters.compose.proof.clients import Platform, Support, read_facts, say_platforms
from letters.compose.proof.fallbacks import Compatibility, check_clients
from letters.compose.proof.features import features_of

#: The families and platforms of Can I email that are ours, in the order of the table.
PLATFORMS = [
    ("gmail", "desktop-webmail"), ("gmail", "ios"), ("gmail", "android"), ("gmail", "mobile-webmail"),
    ("outlook", "windows"), ("outlook", "macos"), ("outlook", "outlook-com"), ("outlook", "ios"), ("outlook", "android"),
    ("apple-mail", "macos"), ("apple-mail", "ios"),
    ("yahoo", "desktop-webmail"), ("yahoo", "ios"), ("yahoo", "android"), ("samsung-email", "android"),
]  # fmt: skip


def check(body: str, sheet: str = "") -> Compatibility:
    return check_clients(tree(body, sheet), known_facts())


def tree(body: str, sheet: str = "") -> Any:
    style = f"<style>{sheet}</style>" if sheet else ""
    return lxml.html.document_fromstring(f"<html><head>{style}</head><body>{body}</body></html>")


def used(body: str, sheet: str = "") -> set[str]:
    uses, unknown = features_of(tree(body, sheet), known_facts().features)
    assert unknown == []
    return {use.key for use in uses} - {"html-body", "html-style"}


def test_the_table_says_its_day_and_has_every_client() -> None:
    facts = known_facts()
    assert facts.date >= date(2025, 9, 9)
    assert len(facts.platforms) == len(PLATFORMS)
    assert {one.client for one in facts.platforms} == {"Gmail", "Outlook", "Apple Mail", "Yahoo", "Samsung"}
    assert len(facts.features) > 250
    square = facts.features["css-border-radius"]
    assert square.lacking() == (Platform("Outlook", "Windows"),)
    assert square.without == "corners are square"
    assert facts.features["css-variables"].without == ""


def test_a_row_with_too_few_letters_is_refused() -> None:
    head = "# source: S\n# date: 2026-01-02\n# platforms: A (x, y)  B (z)\n"
    facts = read_facts(head + "css-top  yn  a  it lies elsewhere\n")
    (feature,) = facts.features.values()
    assert list(feature.support.values()) == [Support.KNOWN, Support.NOT_KNOWN, Support.PARTLY]
    assert feature.without == "it lies elsewhere"
    with pytest.raises(ValueError, match="shorter"):
        read_facts(head + "css-top  y  a\n")


def test_places_of_a_client_are_named_only_where_not_all_are_meant() -> None:
    facts = known_facts()
    yahoo = [one for one in facts.platforms if one.client == "Yahoo"]
    assert (
        say_platforms([Platform("Outlook", "Windows"), *yahoo, Platform("Gmail", "iOS")], facts)
        == "Gmail (iOS), Outlook (Windows), Yahoo"
    )


@pytest.mark.parametrize(
    ("body", "sheet", "wanted"),
    [
        ("<p style='margin-left:1em;border-top-left-radius:2px'>x</p>", "",
         {"html-p", "css-margin", "css-unit-em", "css-border-radius", "css-unit-px"}),
        ("<p style='display:flex;gap:1%'>x</p>", "",
         {"html-p", "css-display", "css-display-flex", "css-gap", "css-unit-percent"}),
        ("<p style='--a:1px;width:calc(var(--a) + 2rem)'>x</p>", "",
         {"html-p", "css-variables", "css-unit-px", "css-width", "css-unit-calc", "css-unit-rem"}),
        ("<p style='color:#123456;background:#1e2px;font:12px system-ui;font-family:system-ui'>x</p>", "",
         {"html-p", "css-background", "css-font", "css-unit-px", "css-sytem-ui"}),
        ("<p style='top:0;-webkit-thing:1px;mso-line-height-rule:exactly'>x</p>", "",
         {"html-p", "css-left-right-top-bottom"}),
        ("<h2 lang=de>x</h2><ul><li>x</li></ul><section>x</section>", "",
         {"html-h1-h6", "html-lang", "html-lists", "html-semantics"}),
        ("<img src='https://a.example/x.JPEG?y=.gif' width=1 height=2 loading=lazy><img src='data:image/png;base64,AA'>", "",
         {"html-img", "image-jpg", "image-base64", "html-width", "html-height", "html-loading-attribute"}),
        ("<a href='mailto:a@b.example'>x</a><a href='#top' target=_blank aria-label=x>y</a>", "",
         {"html-mailto-links", "html-anchor-links", "html-target", "html-aria-label"}),
        ("<input type=checkbox>", "", {"html-input-checkbox"}),
        ("", "a.b.c > i[href] ~ *::before, #d:hover { color: red !important }",
         {"css-selector-grouping", "css-selector-chaining", "css-selector-class", "css-selector-child", "css-selector-id",
          "css-selector-type", "css-selector-general-sibling", "css-selector-universal", "css-selector-attribute",
          "css-pseudo-element-before", "css-pseudo-class-hover", "css-important"}),
        ("", "@media (prefers-color-scheme: dark) { p a { color: rgb(0, 0, 0) } }",
         {"css-at-media", "css-at-media-prefers-color-scheme", "css-selector-type", "css-selector-descendant", "css-rgb"}),
        ("", "@import url(x.css); @keyframes k { from { opacity: 0 } to { opacity: 1 } }",
         {"css-at-import", "css-at-keyframes", "css-opacity"}),
    ],
)  # fmt: skip
def test_the_features_of_a_mail_are_found(body: str, sheet: str, wanted: set[str]) -> None:
    assert used(body, sheet) == wanted


def test_names_that_nobody_tested_are_told() -> None:
    uses, unknown = features_of(tree("<blink style='offset-path:none'>x</blink>"), known_facts().features)
    assert unknown == ["blink", "offset-path"]
    assert {use.key for use in uses} == {"html-body"}
    (notice,) = check("<blink>x</blink>").problems()
    assert notice.is_notice
    assert "blink" in notice.what


def test_what_a_mail_depends_on_is_a_problem_and_an_enhancement_is_none() -> None:
    inline = check("<p style='position:absolute;border-radius:3px'>x</p>")
    assert [gap.key for gap in inline.failures] == ["css-position"]
    assert "css-border-radius" in [gap.key for gap in inline.fallbacks]
    (problem,) = inline.problems()
    assert str(problem).startswith("html: CSS position in <p> is not known to Gmail, Outlook (Windows, ")
    assert "https://www.caniemail.com/features/css-position/" in problem.remedy
    in_sheet = check("<p>x</p>", "p { position: absolute }")
    assert in_sheet.problems() == []
    (gap,) = [one for one in in_sheet.fallbacks if one.key == "css-position"]
    assert gap.instead == "the rule is passed over"
    # Gmail on a phone's web page drops the whole sheet, so it lacks nothing more.
    assert "mobile web" not in gap.clients


def test_the_table_is_as_its_source_says() -> None:
    """With ``npm install caniemail`` in the checkout, or LETTERS_CANIEMAIL naming the data of that package."""
    package = Path(__file__).parents[2] / "node_modules/caniemail/data/caniemail.json"
    file = Path(os.environ.get("LETTERS_CANIEMAIL") or package)
    if not file.is_file():
        pytest.skip('no data of the npm package "caniemail"; "npm install caniemail" brings it')
    data = json.loads(file.read_text(encoding="utf-8"))
    facts = known_facts()
    theirs = {each["slug"]: _letters(each["stats"]) for each in data["data"]}
    ours = {key: "".join(feature.support.values()) for key, feature in facts.features.items()}
    assert {key: theirs.get(key) for key in ours} == ours, "bring mail_clients.txt up to date"
    assert data["last_update_date"].startswith(facts.date.isoformat())


def _letters(stats: dict[str, Any]) -> str:
    """A letter for each platform: that of the newest version tested, which comes last."""
    return "".join(
        (list(stats.get(one, {}).get(place, {}).values()) or ["u"])[-1][0] for one, place in PLATFORMS
    )
