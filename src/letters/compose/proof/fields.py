"""Merge fields: those that were never filled in, and names in templates that mean nothing. Pure.

Other programs of this kind have other signs for "put the reader's name here"; what somebody copied from them stays in the
mail for all to see. Cards may speak of such signs too, so one that a card says itself is only mentioned.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import jinja2
import jinja2.meta
from jinja2 import nodes

from letters.errors import Problem
from letters.model import Rendering

_FIELD = re.compile(
    r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\{#.{0,200}?#\}"  # Jinja, Liquid, Handlebars
    r"|\*\|[\w:. -]{1,60}\|\*"  # Mailchimp
    r"|%%[A-Za-z_][\w. -]{0,60}%%|%recipient[.\w]{0,60}%"  # Salesforce, Mailgun
    r"|\$\{[\w.]{1,60}\}|<%.{0,200}?%>"  # shells and ERB
    r"|\[\[[\w .-]{1,60}\]\]|\[[A-Z]{2,20}_[A-Z_]{2,40}\]"  # Mailjet, and hands that mark what is to be filled in
    r"|(?<![{$%#])\{[a-z]\w{0,40}\}",  # Python's format
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


def check_templates(
    sources: Mapping[str, str], *, known: Mapping[str, str], views: Mapping[str, frozenset[str]]
) -> list[Problem]:
    """Names in templates of a workspace that mean nothing, with file and line.

    `sources` are the workspace's templates by name, `known` the shipped ones: what these are given is all there is. `views`
    says which attributes a name has that stands for a view (``issue``, ``card``). A template that cannot be parsed is left
    to the rendering, which names its place.
    """
    # It parses and renders nothing, so there is nothing to escape.
    environment = jinja2.Environment(  # noqa: S701
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"]
    )
    given = set(environment.globals) | set(views)
    for source in known.values():
        if (template := _parse(environment, source)) is not None:
            given |= _undeclared(template)
    problems = []
    for name, source in sources.items():
        if (template := _parse(environment, source)) is not None:
            where = f"templates/{name}"
            problems += [
                Problem(
                    where=where,
                    line=line,
                    what=f'"{field}" is nothing that a template is given',
                    remedy=remedy,
                )
                for line, field, remedy in sorted(set(_unknown(template, given, views)))
            ]
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


def _parse(environment: jinja2.Environment, source: str) -> nodes.Template | None:
    try:
        template = environment.parse(source)
    except jinja2.TemplateSyntaxError:
        return None
    # Which names are free is asked of Jinja's compiler, and that wants to know every filter and test. An unknown one is
    # the rendering's to complain about.
    for each in template.find_all((nodes.Filter, nodes.Test)):
        known = environment.filters if isinstance(each, nodes.Filter) else environment.tests
        known.setdefault(each.name, _never_called)
    return template


def _never_called(*_: object) -> str:
    return ""


def _undeclared(template: nodes.Template) -> set[str]:
    return jinja2.meta.find_undeclared_variables(template)


def _unknown(
    template: nodes.Template, given: set[str], views: Mapping[str, frozenset[str]]
) -> Iterator[tuple[int, str, str]]:
    undeclared = _undeclared(template)
    for name in template.find_all(nodes.Name):
        if name.ctx == "load" and name.name in undeclared and name.name not in given:
            yield name.lineno, name.name, _near(name.name, given)
    # A name that the template sets itself may be anything.
    own = {one.name for one in template.find_all(nodes.Name) if one.ctx == "store"}
    loops = _loop_names(template)
    for attribute in template.find_all(nodes.Getattr):
        base = attribute.node
        if not isinstance(base, nodes.Name) or base.name not in views:
            continue
        if base.name in own - loops or attribute.attr in views[base.name]:
            continue
        yield (
            attribute.lineno,
            f"{base.name}.{attribute.attr}",
            _near(attribute.attr, views[base.name], before=f"{base.name}."),
        )


def _loop_names(template: nodes.Template) -> set[str]:
    """Names that only ever stand for the items of a loop or a macro's parameters, as in the shipped templates."""
    targets = [loop.target for loop in template.find_all(nodes.For)]
    parameters = [one for macro in template.find_all(nodes.Macro) for one in macro.args]
    return {one.name for one in (*targets, *parameters) if isinstance(one, nodes.Name)}


def _near(name: str, known: set[str] | frozenset[str], *, before: str = "") -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f'did you mean "{before}{near[0]}"?' if near else ""
