"""The command line's frame: the application, its global options, and how errors end."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError
from typer.exceptions import TyperException

from letters import __version__
from letters.cli.face import NOTHING, USAGE, Face, problem_as_json
from letters.cli.options import WorkspaceOption
from letters.cli.signals import stopping_gently
from letters.errors import LettersError, Problem, ProblemsError

_INTERRUPTED = 128 + signal.SIGINT

app = typer.Typer(
    name="letters",
    help="Watch feeds, pair episodes with cards, publish feeds, compose and deliver newsletters.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"letters {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    face_of(context).workspace_root = workspace


def face_of(context: typer.Context) -> Face:
    """The face that `main` made for this call."""
    face = context.find_object(Face)
    assert face is not None, "main passes one in"
    return face


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. No error ends in a traceback unless LETTERS_DEBUG is set."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    face = Face(as_json="--json" in words)
    _log_to_stderr()
    try:
        with stopping_gently() as stopped_by:
            code = _command()(args=words, obj=face, standalone_mode=False, prog_name="letters")
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("LETTERS_DEBUG"):
            raise
        problems, code = _explain(error)
        return _say(face, problems, code)
    # Typer makes an exit code of an interrupt.
    if code == _INTERRUPTED:
        return _say(face, [_stopped(stopped_by())], 128 + stopped_by())
    return int(code or 0)


@cache
def _command() -> Callable[..., Any]:
    """All commands, once all are registered; reading their options takes a while."""
    return typer.main.get_command(app)


def _explain(error: BaseException) -> tuple[Sequence[Problem], int]:
    """What to tell a person about an error, and the exit code it has."""
    match error:
        case TyperException():
            return [Problem(what=error.format_message().rstrip("."), remedy=_help(error))], USAGE
        case typer.Abort() | KeyboardInterrupt():
            return [_stopped(signal.SIGINT)], _INTERRUPTED
        case ProblemsError():
            return error.problems, error.exit_code
        case LettersError():
            return [Problem(what=str(error))], error.exit_code
        case OSError() | SQLAlchemyError():
            return [Problem(what=_in_one_line(error))], NOTHING
    what = f"unexpected error, a mistake of ours: {type(error).__name__}: {_in_one_line(error)}"
    return [Problem(what=what, remedy="set LETTERS_DEBUG=1 to see where")], NOTHING


def _stopped(by: signal.Signals) -> Problem:
    who = "by the keyboard" if by is signal.SIGINT else f"by {by.name}"
    return Problem(what=f"stopped {who}; run the same command to go on")


def _say(face: Face, problems: Sequence[Problem], code: int) -> int:
    if face.as_json:
        face.print_json({"problems": [problem_as_json(problem) for problem in problems]})
    else:
        console = Console(stderr=True, highlight=False)
        for problem in problems:
            console.print(Text(f"letters: {problem}"), soft_wrap=True)
    return code


def _help(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f'see "{context.command_path} --help"' if context else ""


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split("\n", 1)[0].split())


def _log_to_stderr() -> None:
    """Logs go to standard error: readable on a terminal, JSON lines elsewhere."""
    terminal = sys.stderr.isatty()
    # Plain tracebacks: a rich one shows local variables, and with them whatever was secret.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    as_lines = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([plain] if terminal else [structlog.processors.format_exc_info, as_lines]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked for at each line: whoever calls `main` from a program of theirs may put another stream there since.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
