"""Publishing: the one entry to this verb."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from letters.cards import Vocabulary
from letters.errors import Problem
from letters.model import Progress
from letters.publish.assemble import whole_seconds
from letters.publish.gone import Gone, gone_keys
from letters.publish.press import Press
from letters.publish.reading import Reading
from letters.publish.record import Scope, record
from letters.publish.selection import Names
from letters.publish.stamp import Stamp, digest_site, read_stamp, write_stamp
from letters.publish.tree import Tree
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.announcements import note_documents
from letters.store.unpublished import forget_marks, set_tree_token, tree_token
from letters.store.vocabulary import load_audiences, load_topics, withdrawn_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What publishing came to; `written` and `unchanged` count all documents of the tree."""

    written: int
    unchanged: int
    problems: tuple[Problem, ...] = ()


def publish(
    store: Store,
    settings: Settings,
    workspace: Workspace,
    *,
    now: datetime,
    everything: bool = False,
    progress: Progress | None = None,
) -> PublishReport:
    """Bring the published tree to what the store holds. With nothing new it writes nothing.

    First it records which entries changed and which joined which feed, in one transaction; then it writes the documents that show
    them; then it forgets what was marked as changed. Killed in between, the next run does the rest. All documents are looked
    at with `everything`, and whenever the tree is not the one that was written last, or what all documents show has changed.
    """
    root, overrides = workspace.tree(settings), workspace.templates
    with store.read() as c:
        names, token = load_names(c, settings), tree_token(c)
    digest, stamp = digest_site(settings, names, overrides=overrides), read_stamp(root)
    is_ours = stamp is not None and stamp.token == token
    everything = everything or not is_ours or stamp is None or stamp.digest != digest
    with store.write() as c:
        scope = record(c, settings, now=whole_seconds(now), everything=everything)
    if not scope:
        return PublishReport(written=0, unchanged=stamp.documents if stamp else 0)
    press = Press(Reading(store, size=settings.publish.entries), names, settings, overrides=overrides)
    tree = Tree(root, shown=workspace.shown, progress=_expecting(progress, scope))
    # Pages of history are left alone where they stand, but not those of another tree or another address.
    can_stay = is_ours and stamp is not None and stamp.base_url == settings.site.base_url
    for group in press.groups(scope, stands=tree.keeps if can_stay else _nothing_stands):
        tree.write(group)
    tree.remove(press.removed())
    tally = tree.tally
    known = stamp.documents + tally.added - tally.removed if stamp else 0
    documents = tally.written + tally.unchanged if everything else known
    new = Stamp(
        token=secrets.token_hex(16), digest=digest, base_url=settings.site.base_url, documents=documents
    )
    with store.write() as c:
        if settings.publish.hub:
            in_place = press.digests.keys() - tally.failed
            note_documents(c, {path: press.digests[path] for path in in_place})
        if not tally.problems:
            # Until here a kill leaves the marks, and all of this is done again. Behind it, it leaves a tree that is not the
            # remembered one, and all documents are looked at.
            forget_marks(c, scope.marks)
            set_tree_token(c, new.token)
    if not tally.problems:
        write_stamp(root, new)
    return PublishReport(
        written=tally.written, unchanged=documents - tally.written, problems=tuple(tally.problems)
    )


def load_names(c: Connection, settings: Settings) -> Names:
    """What feeds are named after."""
    topics, audiences = load_topics(c), load_audiences(c)
    withdrawn_topics, withdrawn_audiences = withdrawn_keys(c)
    vocabulary = Vocabulary((*settings.topics, *topics.values()), (*settings.audiences, *audiences.values()))
    return Names(
        topics=topics,
        audiences=audiences,
        editions={edition.key: edition for edition in settings.editions},
        gone=Gone(
            gone_keys(
                withdrawn_topics,
                {key: one.key for key, one in vocabulary.topics.known.items()},
                declared=[one.key for one in settings.topics],
            ),
            gone_keys(
                withdrawn_audiences,
                {key: one.key for key, one in vocabulary.audiences.known.items()},
                declared=[one.key for one in settings.audiences],
            ),
        ),
    )


def _nothing_stands(_path: str) -> bool:
    return False


def _expecting(progress: Progress | None, scope: Scope) -> Callable[[int], None] | None:
    """Tells progress of so many documents as the scope leads to expect; how many pages of history there are is seen on the way."""
    if progress is None:
        return None
    expected = len(scope.entries) + len(scope.retired) + len(scope.issues) + 4 * len(scope.feeds)
    return lambda done: progress(done, max(done, expected))
