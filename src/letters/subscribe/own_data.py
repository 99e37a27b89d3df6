"""What we keep of a person: given to them as a file, and erased when they say so."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from letters.model import Subscriber
from letters.store import Store
from letters.store.persons import delete_person, load_person
from letters.store.subscribers import email_key, find_by_email, find_by_uid
from letters.store.suppression import SuppressionReason, suppress


def read_own_data(store: Store, uid: str) -> str | None:
    """Everything that is kept of the reader of this uid, as JSON; None if nobody has it.

    Without what opens doors: the file may lie about longer than a mail, so no link's token and no address of a private feed is in it.
    """
    with store.read() as c:
        reader = find_by_uid(c, uid)
        rows = load_person(c, reader) if reader else {}
    if reader is None:
        return None
    return json.dumps({**_person(reader), **rows}, ensure_ascii=False, indent=2, default=_spell) + "\n"


def erase(store: Store, uid: str, *, now: datetime) -> bool:
    """Delete all that is kept of a reader, but a digest of the address, so that no list brings them back; False if nobody has this uid."""
    with store.write() as c:
        reader = find_by_uid(c, uid)
        if reader is None:
            return False
        delete_person(c, reader)
        suppress(c, email_key(reader.email), SuppressionReason.ERASED, now=now)
    return True


def find_uid(store: Store, email: str) -> str | None:
    """The uid of whoever has this address, in any spelling. Raises ValueError for what is no address."""
    with store.read() as c:
        reader = find_by_email(c, email)
    return reader.uid if reader else None


def _person(reader: Subscriber) -> dict[str, Any]:
    return {
        "email": reader.email,
        "name": reader.name,
        "zone": reader.zone,
        "language": reader.language,
        "status": reader.status.value,
        "topics": reader.topics,
        "audiences": reader.audiences,
        "editions": reader.editions,
        "frequency": reader.frequency.value,
        "titles_only": reader.titles_only,
        "paused_until": reader.paused_until,
        "consent": {
            "at": reader.consent_at,
            "place": reader.consent_source,
            "wording": reader.consent_wording,
        },
    }


def _spell(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no spelling in JSON here")
