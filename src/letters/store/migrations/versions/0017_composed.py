"""What an issue was composed of, as it was then."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("issue_entry", sa.Column("composed", sa.JSON().with_variant(JSONB(), "postgresql")))
