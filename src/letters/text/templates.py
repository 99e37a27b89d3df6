"""The one Jinja environment, and lines that operators write in TOML."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from letters.errors import RenderError
from letters.text.compiled import CompiledTemplates
from letters.text.controls import one_line
from letters.text.shipped import find_shipped
from letters.text.speaking import speak
from letters.text.wording import Wordings

_COMPILED = CompiledTemplates()


def make_environment(overrides: Path | None) -> jinja2.Environment:
    """The environment of all templates: a file in `overrides` (a workspace's ``templates/``) wins over the shipped one of its name.

    Values are escaped in ``.html``, ``.mjml`` and ``.xml``; an undefined name is an error. Filters, and the functions that
    say something in the language of the page or mail: `letters.text.speaking`.
    """
    shipped = find_shipped("templates")
    folders = [folder for folder in (overrides, shipped) if folder is not None]
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                *(jinja2.FileSystemLoader(folder) for folder in folders),
                # So that a workspace's template can extend the shipped one of its own name, block by block.
                jinja2.PrefixLoader({"shipped": jinja2.FileSystemLoader(shipped)}),
            ]
        ),
        autoescape=jinja2.select_autoescape(("html", "mjml", "xml"), default_for_string=False),
        bytecode_cache=_COMPILED,
        **_MANNERS,
    )
    return speak(environment, Wordings(overrides))


def render(environment: jinja2.Environment, name: str, /, **values: object) -> str:
    """A template's text. Raises `RenderError` with the template's file and line, whatever went wrong inside it."""
    with _errors(name):
        return environment.get_template(name).render(values)


def render_line(template: str, /, **values: object) -> str:
    """A one-line template from TOML (a subject) as one line of text.

    It runs in Jinja's sandbox: it reads the values and calls no method that changes them. Values are not escaped. Raises
    `RenderError` with the template's own words.
    """
    with _errors(f'"{template}"', one_line=True):
        return one_line(_line_environment().from_string(template).render(values))


def check_line(template: str) -> None:
    """Raises `RenderError` unless `render_line` can read the template; which names it uses is known only when it runs."""
    with _errors(f'"{template}"', one_line=True):
        _line_environment().from_string(template)


_MANNERS: dict[str, Any] = {
    "undefined": jinja2.StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
}


@cache
def _line_environment() -> jinja2.Environment:
    return speak(ImmutableSandboxedEnvironment(autoescape=False, **_MANNERS), Wordings())


@contextmanager
def _errors(name: str, *, one_line: bool = False) -> Iterator[None]:
    try:
        yield
    except jinja2.TemplateSyntaxError as error:
        place = name if one_line else f"{error.filename or name}:{error.lineno}"
        raise RenderError(f"{place}: {error.message}") from error
    except jinja2.TemplatesNotFound as error:
        raise RenderError(
            f"{name}: no template of this name, here or among the shipped ones: {error.message}"
        ) from error
    except jinja2.TemplateNotFound as error:
        raise RenderError(
            f'{name}: no template "{error.name}", neither in the workspace\'s templates/ nor shipped'
        ) from error
    except Exception as error:
        # An expression may raise anything: a template is code that its operator wrote.
        place = _place(error.__traceback__) or name
        words = str(error) if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__}: {error}"
        # Whoever called the template may have said what it was about.
        words = "; ".join([words, *getattr(error, "__notes__", ())])
        raise RenderError(f"{place}: {words}") from error


def _place(trace: TracebackType | None) -> str:
    """File and line of the innermost template frame. Jinja rewrites such frames to the template's own lines."""
    places = [
        f"{frame.f_code.co_filename}:{line}"
        for frame, line in traceback.walk_tb(trace)
        if "__jinja_exception__" in frame.f_globals and frame.f_code.co_filename != "<template>"
    ]
    return places[-1] if places else ""
