"""Names in templates of mails that mean nothing: misspelt merge fields, with file and line. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import jinja2
import jinja2.meta
from jinja2 import nodes

from letters.errors import Problem


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
