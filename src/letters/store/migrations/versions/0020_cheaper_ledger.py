"""The ledger's partial indexes: of who holds a row, only rows that somebody holds; what waits, in words that cost SQLite less."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    _make_again("ix_delivery_owner", ["owner"], "owner IS NOT NULL")
    _make_again(
        "ix_delivery_waits",
        ["issue_id", "due_at", "id"],
        "(state = 'pending' OR state = 'deferred' OR state = 'unknown')",
    )


def _make_again(name: str, columns: list[str], condition: str) -> None:
    op.drop_index(name, table_name="delivery")
    where = sa.text(condition)
    op.create_index(name, "delivery", columns, sqlite_where=where, postgresql_where=where)
