"""All that is kept of one person, to be given to them, or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from letters.model import Subscriber
from letters.store.notices import forget_notices
from letters.store.subscribers import email_key
from letters.store.tables import delivery, issue, notice, private_feed, sign_up, subscriber, subscription


def load_person(c: Connection, reader: Subscriber) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of other tables about a subscriber, by what they are, in words and without our own identifiers."""
    subscriptions = select(subscription.c.edition, subscription.c.since, subscription.c.ended_at).where(
        subscription.c.subscriber_id == reader.id
    )
    mails = (
        select(
            issue.c.edition,
            issue.c.number,
            delivery.c.state,
            delivery.c.reason,
            delivery.c.message_id,
            delivery.c.sent_at,
        )
        .join(issue, issue.c.id == delivery.c.issue_id)
        .where(delivery.c.subscriber_id == reader.id)
    )
    notices = select(notice.c.kind, notice.c.state, notice.c.made_at, notice.c.sent_at).where(
        notice.c.email_key == email_key(reader.email)
    )
    feeds = select(private_feed.c.made_at).where(private_feed.c.subscriber_id == reader.id)
    asked = select(sign_up.c.editions, sign_up.c.place, sign_up.c.wording, sign_up.c.asked_at).where(
        sign_up.c.email_key == email_key(reader.email)
    )
    dates = select(subscriber.c.created_at, subscriber.c.changed_at).where(subscriber.c.id == reader.id)
    queries = {
        "dates": dates,
        "subscriptions": subscriptions.order_by(subscription.c.edition),
        "issues": mails.order_by(issue.c.occurs_at, issue.c.id),
        "other_mails": notices.order_by(notice.c.made_at),
        "private_feed": feeds,
        "sign_up_to_confirm": asked,
    }
    return {name: [dict(row) for row in c.execute(query).mappings()] for name, query in queries.items()}


def delete_person(c: Connection, reader: Subscriber) -> None:
    """Delete a subscriber and every row about them.

    A mail that is on its way at this moment still arrives, and what the relay says of it finds no row to be written to.
    """
    key = email_key(reader.email)
    c.execute(delete(delivery).where(delivery.c.subscriber_id == reader.id))
    c.execute(delete(sign_up).where(sign_up.c.email_key == key))
    forget_notices(c, email_key=key, uid=reader.uid)
    # Subscriptions, a private feed and a change of address go with the row.
    c.execute(delete(subscriber).where(subscriber.c.id == reader.id))
