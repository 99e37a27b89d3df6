"""Which entries' pages list which others, and the words by which they were found."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "similar_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_similar_state")),
    )
    op.create_table(
        "word_frequency",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_word_frequency")),
    )
    op.create_table(
        "similar_word",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_similar_word_entry_id")),
        sa.PrimaryKeyConstraint("word", "entry_id", name=op.f("pk_similar_word")),
    )
    op.create_index("ix_similar_word_entry_id", "similar_word", ["entry_id"])
    op.create_table(
        "similar",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_similar_entry_id")),
        sa.ForeignKeyConstraint(["other_id"], ["entry.id"], name=op.f("fk_similar_other_id")),
        sa.PrimaryKeyConstraint("entry_id", "position", name=op.f("pk_similar")),
    )
    op.create_index("ix_similar_other_id", "similar", ["other_id"])
