"""The database: whether it can be reached, has this version's tables, and is whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from letters.doctor.finding import Finding, note, well, wrong
from letters.store import Store
from letters.store.migrating import head_revision

_BACKUP = "stop letters, and put the newest backup in its place; cards and configuration are whole without it"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseAnswer:
    """What a look at the database found."""

    place: str
    is_there: bool = True
    error: str = ""
    revision: str | None = None
    #: What SQLite's own check complains of.
    damage: tuple[str, ...] = ()


def look_at_database(url: str) -> DatabaseAnswer:
    """Ask the database; nothing is made or changed."""
    place = make_url(url).render_as_string(hide_password=True)
    file = make_url(url).database if make_url(url).get_backend_name() == "sqlite" else None
    # Connecting would make the file.
    if file and not Path(file).exists():
        return DatabaseAnswer(place=place, is_there=False)
    store = Store(url)
    try:
        revision = store.revision()
        damage: tuple[str, ...] = ()
        if store.is_sqlite:
            with store.read() as connection:
                lines = connection.exec_driver_sql("PRAGMA integrity_check(5)").scalars().all()
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            damage = tuple(line for line in map(str, lines) if line != "ok")
            damage += tuple(
                f"{row[0]}: row {row[1]} names a row of {row[2]} that is not there" for row in broken[:5]
            )
    except SQLAlchemyError as error:
        return DatabaseAnswer(place=place, error=" ".join(str(error).split("\n", 1)[0].split()))
    finally:
        store.close()
    return DatabaseAnswer(place=place, revision=revision, damage=damage)


def check_database(answer: DatabaseAnswer, *, head: str) -> Finding:
    """What that means."""
    name, place = "database", answer.place
    if not answer.is_there:
        return note(name, f"{place} is not there yet; the first pass makes it")
    if answer.error:
        return wrong(
            name,
            f"{place}: {answer.error}",
            wanted="a database that answers",
            remedy="check store.url, or " + _BACKUP,
        )
    if answer.damage:
        return wrong(
            name,
            f"{place} is damaged: {'; '.join(answer.damage)}",
            wanted="one that is whole",
            remedy=_BACKUP,
        )
    if answer.revision != head:
        return wrong(
            name,
            f'{place} is at revision "{answer.revision or "none"}"',
            wanted=f'"{head}"',
            remedy='"letters db upgrade"',
        )
    return well(name, f"{place} is whole and at revision {head}")


def examine_database(url: str) -> Finding:
    """Look, and say what it means."""
    return check_database(look_at_database(url), head=head_revision())
