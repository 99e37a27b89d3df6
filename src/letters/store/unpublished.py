"""What has to be published again, and what the published tree must bear to be the one that is remembered.

Marks are made by triggers (`letters.store.marking`), in the transaction that changed something; and by publishing itself, when it
records what follows from them: should it be killed before all is written, the next run knows what is left.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from letters.store.among import among, is_among
from letters.store.tables import entry, mention, tree_state, unpublished

_THE_ROW = 1
#: An "entry" or "issue" changed. What has to be written because of that, and is not written yet: a "page" by its entry, the
#: documents of a "feed" by its path, a full page of "history" by the feed's path and its number, and the "list" of all feeds.
Kind = Literal["entry", "issue", "page", "feed", "history", "list"]


class Mark(NamedTuple):
    """Something has to be published again; a later change of it makes another mark."""

    kind: Kind
    key: str
    mark: str


def load_marks(c: Connection) -> list[Mark]:
    """Everything that has to be published again, by kind and key."""
    rows = c.execute(select(unpublished).order_by(unpublished.c.kind, unpublished.c.key))
    return [Mark(row.kind, row.key, row.mark) for row in rows]


def mark(c: Connection, kind: Kind, keys: Collection[str]) -> list[Mark]:
    """These have to be published again, for what no trigger sees; returns their marks."""
    marks = [Mark(kind, key, secrets.token_hex(8)) for key in sorted(set(keys))]
    if marks:
        c.execute(
            delete(unpublished).where(
                unpublished.c.kind == kind, is_among(c.dialect.name, unpublished.c.key)
            ),
            among(c.dialect.name, [one.key for one in marks]),
        )
        c.execute(insert(unpublished), [one._asdict() for one in marks])
    return marks


def forget_marks(c: Connection, marks: Collection[Mark]) -> None:
    """These were published; what was marked anew meanwhile stays."""
    if marks:
        c.execute(
            delete(unpublished).where(
                unpublished.c.kind == bindparam("a_kind"),
                unpublished.c.key == bindparam("a_key"),
                unpublished.c.mark == bindparam("a_mark"),
            ),
            [{"a_kind": one.kind, "a_key": one.key, "a_mark": one.mark} for one in marks],
        )


def tree_token(c: Connection) -> str | None:
    """What the tree bears if nothing but us wrote the tree and the database since; None before the first publishing."""
    return c.scalar(select(tree_state.c.token).where(tree_state.c.id == _THE_ROW))


def set_tree_token(c: Connection, token: str) -> None:
    """The tree is about to bear another one."""
    c.execute(delete(tree_state))
    c.execute(insert(tree_state).values(id=_THE_ROW, token=token))


# --- titles, and who names them ------------------------------------------------------------------------------


def load_titles(c: Connection, entry_ids: Collection[str]) -> dict[str, str]:
    """By entry, its title as it was published last; those without one are left out."""
    query = select(entry.c.id, entry.c.title).where(
        entry.c.title.is_not(None), is_among(c.dialect.name, entry.c.id)
    )
    return {row.id: row.title for row in c.execute(query, among(c.dialect.name, entry_ids))}


def addresses_by_title(c: Connection, titles: Collection[str]) -> dict[str, str]:
    """By title, the address of the published card of that title; of several, of the one that was ready last."""
    query = select(entry.c.title, entry.c.address).where(
        entry.c.retired_at.is_(None), entry.c.card_id.is_not(None), is_among(c.dialect.name, entry.c.title)
    )
    rows = c.execute(query.order_by(entry.c.ready_at, entry.c.id), among(c.dialect.name, titles))
    return {row.title: row.address for row in rows}


def mentioning(c: Connection, titles: Collection[str]) -> set[str]:
    """The entries whose cards name one of these titles as related."""
    query = select(mention.c.entry_id).where(is_among(c.dialect.name, mention.c.title))
    return set(c.execute(query, among(c.dialect.name, titles)).scalars())


def set_mentions(c: Connection, mentions: Mapping[str, Collection[str]]) -> None:
    """By entry, the titles that its card names as related."""
    if not mentions:
        return
    c.execute(
        delete(mention).where(is_among(c.dialect.name, mention.c.entry_id)),
        among(c.dialect.name, list(mentions)),
    )
    rows = [
        {"entry_id": entry_id, "title": title}
        for entry_id, titles in mentions.items()
        for title in dict.fromkeys(titles)
    ]
    if rows:
        c.execute(insert(mention), rows)
