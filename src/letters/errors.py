"""One hierarchy of errors. Every message says where, what was found, what was wanted, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a person has to mend, as a value: collected, and reported at the end.

    `str` gives ``where: what; remedy``, a lower-case clause without a full stop:
    ``config/schedule.toml:14: edition "weekly": zone "America/NewYork" is not a time zone; did you mean "America/New_York"?``
    """

    #: What was found and what was wanted.
    what: str
    #: A file (relative to the workspace when inside it), a source's key, an issue's name: where to look.
    where: str = ""
    line: int | None = None
    #: What mends it.
    remedy: str = ""
    #: Worth knowing, but nothing is wrong: told, without making a command end with exit code 1.
    is_notice: bool = False

    def __str__(self) -> str:
        place = f"{self.where}:{self.line}" if self.line else self.where
        head = f"{place}: {self.what}" if place else self.what
        return f"{head}; {self.remedy}" if self.remedy else head


class LettersError(Exception):
    """Base of all errors that Letters raises on purpose; the command line shows `str(error)` without a traceback."""

    #: The command's exit code (see the command contract): 2 usage or configuration, 3 nothing could be done.
    exit_code = 3


class ProblemsError(LettersError):
    """Several problems told at once."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class SettingsError(ProblemsError):
    """The configuration cannot be used; `problems` names every file and line."""


class UsageError(LettersError, ValueError):
    """A command was called with something that does not exist or does not fit."""

    exit_code = 2


class WorkspaceNotFoundError(UsageError):
    """The folder is not a workspace."""

    def __init__(self, root: Path) -> None:
        self.root = root
        super().__init__(root)

    def __str__(self) -> str:
        return (
            f'"{self.root}" has no config/letters.toml, so it is no workspace; '
            f'name one with --workspace or LETTERS_WORKSPACE, or make one with "letters init {self.root}"'
        )


class CardError(ProblemsError):
    """A card file cannot be read at all (not text, not JSON, no title)."""


class FetchError(LettersError):
    """An address gave no usable answer. Subclasses say what a caller would do differently."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url, self.reason = url, reason

    def __str__(self) -> str:
        return f"{self.url}: {self.reason}"


class ForbiddenAddressError(FetchError):
    """The address lies inside the operator's network (R63) and is not in ``allow_private``."""


class FetchTimeoutError(FetchError, TimeoutError):
    """No answer, or no end of the answer, in time."""


class TooLargeError(FetchError):
    """The answer was cut off because it passed the size limit."""


class UnreadableFeedError(LettersError):
    """A document holds no feed that can be read."""


class LinkError(LettersError, ValueError):
    """A signed link was changed, is of another purpose, or was signed with a key we do not have."""


class LockedError(LettersError):
    """Another process is doing this just now."""


class RenderError(LettersError):
    """A template cannot be rendered; names file, line and the card that tripped it."""


class RecipientRefusedError(LettersError):
    """The relay refused one recipient for good; the rest of the issue is unaffected."""

    def __init__(self, recipient: str, code: int, reply: str) -> None:
        super().__init__(recipient, code, reply)
        self.recipient, self.code, self.reply = recipient, code, reply

    def __str__(self) -> str:
        return f"{self.recipient}: relay answered {self.code} {self.reply}"
