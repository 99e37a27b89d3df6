"""Subject, preheader and sender's name: what their templates may say, and what is said about their lengths."""

from __future__ import annotations

from dataclasses import replace

import pytest

from letters.errors import RenderError
from letters.model import Edition
from letters.settings import Settings
from letters.settings.advice import warnings
from letters.settings.mail_lines import MADE_UP, check_mail_line, check_sender_line


def make_settings(edition: Edition) -> Settings:
    return Settings.model_validate(
        {
            "site": {"title": "Signal", "base_url": "https://signal.example"},
            "store": {},
            "watch": {},
            "pair": {},
            "publish": {},
            "delivery": {"from": "Signal <news@signal.example>"},
            "editions": (edition,),
            "secrets": {"link_keys": ("k" * 32,)},
        }
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "23 November 2026"), ("de", "23. November 2026"), ("fr", "23 novembre 2026")],
)
def test_a_date_is_said_in_the_language_of_the_edition(language: str, said: str) -> None:
    assert (
        replace(MADE_UP, language=language).say("{{ edition }}, {{ date | date }}")
        == f"Research, weekly, {said}"
    )


def test_a_number_and_its_noun_agree() -> None:
    template = "{{ lead | truncate(9) }} {{ ngettext('and %(num)s more', 'and %(num)s more', more) }}"
    assert replace(MADE_UP, more=4368, lead="Short").say(template) == "Short and 4,368 more"


def test_a_template_that_names_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(
        ValueError, match="'leed' is undefined; it may use site, edition, issue, date, lead, "
    ):
        check_mail_line("{{ leed }}")


def test_a_sender_is_not_named_after_a_card() -> None:
    with pytest.raises(
        ValueError, match="'lead' is undefined; it may use site, edition, issue, date, language"
    ):
        check_sender_line("{{ lead }}")
    assert check_sender_line("{{ site }}: {{ edition }}")


def test_a_template_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="says nothing"):
        check_mail_line("{% if count > 1000 %}many{% endif %}")


def test_a_template_cannot_reach_out_of_its_sandbox() -> None:
    with pytest.raises(RenderError, match=r"SecurityError|unsafe"):
        MADE_UP.say("{{ date.__class__.__mro__ }}")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"subject": "word " * 13 + "end"}, "subject comes to 68 characters; phones show some 60 characters"),
        ({"preheader": "Short"}, "preheader comes to 5 characters; inboxes show 40 to 110 characters"),
        (
            {"from_name": "{{ edition }} by quite a few people"},
            "from_name comes to 28 characters on a made-up issue",
        ),
    ],
)
def test_lengths_that_inboxes_do_not_show_are_advised_on(fields: dict[str, str], words: str) -> None:
    edition = Edition(key="e", title="Weekly", when="0 8 * * MON", **fields)
    [problem] = warnings(make_settings(edition))
    assert problem.where == "config/schedule.toml"
    assert words in problem.what


def test_lines_of_a_good_length_are_not_spoken_of() -> None:
    edition = Edition(
        key="e",
        title="Weekly",
        when="0 8 * * MON",
        subject="{{ lead }}, and {{ more }} more",
        preheader="{{ takeaway }}",
        from_name="{{ edition }}",
    )
    assert warnings(make_settings(edition)) == []
