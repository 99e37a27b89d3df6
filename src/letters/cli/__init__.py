"""The command line: `main` runs one command and returns its exit code.

Each module beside this one holds the commands of one kind and registers them with `app` when imported.
"""

from letters.cli import (
    composing,
    dkim,
    episodes,
    issues,
    lists,
    pair_explain,
    pair_fit,
    pair_review,
    pairing,
    passes,
    returns,
    schedule,
    sources,
    sources_add,
    sources_opml,
    templates,
    workspace,
)
from letters.cli.app import app, main

__all__ = [
    "app",
    "composing",
    "dkim",
    "episodes",
    "issues",
    "lists",
    "main",
    "pair_explain",
    "pair_fit",
    "pair_review",
    "pairing",
    "passes",
    "returns",
    "schedule",
    "sources",
    "sources_add",
    "sources_opml",
    "templates",
    "workspace",
]
