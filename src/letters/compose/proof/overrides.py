"""Reads a workspace's own templates of mails, so that names in them that mean nothing are told with file and line."""

from __future__ import annotations

from pathlib import Path

from letters.compose.proof.spelling import check_templates
from letters.compose.view import CardView, GroupView, IssueView, LinkView, SectionView
from letters.errors import Problem
from letters.text import find_shipped

#: What a name in a template stands for, by the custom of the shipped ones.
_VIEWS = {"issue": IssueView, "section": SectionView, "group": GroupView, "card": CardView, "link": LinkView}
_FOLDERS = ("email", "text")


def check_overrides(overrides: Path) -> list[Problem]:
    """What is misspelt in the templates of mails under a workspace's ``templates/``; nothing where there are none."""
    attributes = {
        name: frozenset(one for one in dir(view) if not one.startswith("_")) for name, view in _VIEWS.items()
    }
    return check_templates(_read(overrides), known=_read(find_shipped("templates")), views=attributes)


def _read(folder: Path) -> dict[str, str]:
    """The templates of mails in a folder, by their names."""
    files = (file for part in _FOLDERS for file in sorted((folder / part).rglob("*")) if file.is_file())
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8", errors="replace")
        for file in files
    }
