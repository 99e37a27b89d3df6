"""The folder of a preview: views, pictures of them, and a page that shows them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from letters.compose.proof.chromium import Chromium, ChromiumError, find_chromium
from letters.compose.proof.examine import Proof
from letters.compose.proof.views import View, views_of
from letters.errors import Problem
from letters.files import replace_file
from letters.model import ComposedIssue
from letters.text import date_words, make_environment, render

#: Beside this module and not among the templates: what examines a workspace's templates is not to be changed by them.
_INDEX = Path(__file__).with_name("preview.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What was written."""

    index: Path
    files: tuple[Path, ...]
    pictures: tuple[Path, ...]
    #: Why there are no pictures, or not all.
    problems: tuple[Problem, ...] = ()


def write_folder(
    folder: Path, issue: ComposedIssue, proof: Proof, *, sender: str, environ: Mapping[str, str]
) -> Folder:
    """Write a mail's views under their names, the text as it is, pictures where there is a Chromium, and ``index.html``.

    A folder that is there already is written over; pictures of an earlier run go first, so that none is of another mail.
    The issue's first rendering is the mail, its last the page for everybody.
    """
    mail, public = issue.renderings[0], issue.renderings[-1]
    views = views_of(mail, public)
    files = {folder / f"{view.name}.html": view.page for view in views}
    # What was composed, to the byte; personal links are the stand-ins that delivering replaces.
    files |= {folder / "mail.html": mail.html, folder / "mail.txt": mail.text}
    for file, content in files.items():
        replace_file(file, content)
    for view in views:
        (folder / f"{view.name}.png").unlink(missing_ok=True)
    pictures, problems = _take_pictures(folder, views, environ)
    index = folder / "index.html"
    replace_file(index, _index(issue, proof, views, pictures, sender=sender))
    return Folder(index=index, files=(index, *files), pictures=tuple(pictures), problems=tuple(problems))


def _take_pictures(
    folder: Path, views: Sequence[View], environ: Mapping[str, str]
) -> tuple[list[Path], list[Problem]]:
    program = find_chromium(environ)
    if program is None:
        remedy = "install one, or name it in CHROMIUM; the pages are whole without"
        return [], [Problem(where="pictures", what="no Chromium on the PATH", remedy=remedy, is_notice=True)]
    taken: list[Path] = []
    try:
        with Chromium(program) as chromium:
            for view in views:
                address = (folder / f"{view.name}.html").resolve().as_uri()
                picture = folder / f"{view.name}.png"
                replace_file(picture, chromium.picture(address, width=view.width))
                taken.append(picture)
    except ChromiumError as error:
        return taken, [
            Problem(where="pictures", what=str(error), remedy="the pages are whole without", is_notice=True)
        ]
    return taken, []


def _index(
    issue: ComposedIssue, proof: Proof, views: Sequence[View], pictures: Sequence[Path], *, sender: str
) -> str:
    facts = proof.compatibility.facts
    return render(
        make_environment(_INDEX.parent),
        _INDEX.name,
        issue=issue,
        proof=proof,
        views=views,
        pictures={picture.stem for picture in pictures},
        sender=sender,
        facts_date=date_words(facts.date),
    )
