"""The command line: `main` runs one command and returns its exit code.

Each module beside this one holds the commands of one kind and registers them with `app` when imported.
"""

from letters.cli import (
    episodes,
    issues,
    lists,
    passes,
    schedule,
    sources,
    sources_add,
    sources_opml,
    workspace,
)
from letters.cli.app import app, main

__all__ = [
    "app",
    "episodes",
    "issues",
    "lists",
    "main",
    "passes",
    "schedule",
    "sources",
    "sources_add",
    "sources_opml",
    "workspace",
]
