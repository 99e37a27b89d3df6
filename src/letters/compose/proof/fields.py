"""Merge fields that were never filled in. Pure.

Other programs of this kind have other signs for "put the reader's name here"; what somebody copied from them stays in the
mail for all to see. Cards may speak of such signs too, so one that a card says itself is only mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from letters.errors import Problem
from letters.model import Rendering

_FIELD = re.compile(
    r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\{#.{0,200}?#\}"  # Jinja, Liquid, Handlebars
    r"|\*\|[\w:. -]{1,60}\|\*"  # Mailchimp
    r"|%%[A-Za-z_][\w. -]{0,60}%%|%recipient[.\w]{0,60}%"  # Salesforce, Mailgun
    r"|\$\{[\w.]{1,60}\}|<%.{0,200}?%>"  # shells and ERB
    r"|\[\[[\w .-]{1,60}\]\]|\[[A-Z]{2,20}_[A-Z_]{2,40}\]"  # Mailjet, and hands that mark what is to be filled in
    r"|(?<!\{)\{[a-z]\w{0,40}\}",  # Python's format
    re.DOTALL,
)
_ATTRIBUTES = ("href", "alt", "title", "aria-label", "src")


def check_fields(rendering: Rendering, tree: Any, *, said_by_cards: str) -> list[Problem]:
    """Fields that nobody filled in, by the part they stand in, each once."""
    parts = {
        "subject": rendering.subject,
        "preheader": rendering.preheader,
        "html": "\n".join(_texts(tree)),
        "text": rendering.text,
    }
    problems = []
    for where, words in parts.items():
        for field in dict.fromkeys(_FIELD.findall(words)):
            is_said = " ".join(field.split()) in said_by_cards
            problems.append(
                Problem(
                    where=where,
                    what=f'"{field}" was not filled in' + (", as it stands in a card" if is_said else ""),
                    remedy="" if is_said else "mend the template it comes from; see letters templates",
                    is_notice=is_said,
                )
            )
    return problems


def _texts(tree: Any) -> Iterator[str]:
    for element in tree.iter():
        if not isinstance(element.tag, str):
            yield element.tail or ""
            continue
        if element.tag not in {"style", "script"}:
            yield element.text or ""
        yield element.tail or ""
        for name in _ATTRIBUTES:
            if value := element.get(name):
                yield unquote(value)
