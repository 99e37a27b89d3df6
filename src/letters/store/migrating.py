"""Bringing a database's tables to this version, by Alembic. A module of its own: importing Alembic takes as long as SQLAlchemy does."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_MIGRATIONS = Path(__file__).with_name("migrations")


def found_revision(c: Connection) -> str | None:
    """The migration the database is at; None for an empty one."""
    return MigrationContext.configure(c).get_current_revision()


@cache
def head_revision() -> str:
    """The newest migration's name."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    assert head is not None, "the migrations are part of the package"
    return head


def migrate(c: Connection) -> None:
    """Bring the database to the newest migration, in the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = c
    command.upgrade(config, "head")
