"""statement_rollups: what statements of the database took, hour by hour (C2)"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "statement_texts",
        sa.Column("queryid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("queryid", name=op.f("pk_statement_texts")),
    )
    op.create_index(op.f("ix_statement_texts_seen_at"), "statement_texts", ["seen_at"])
    op.create_table(
        "statement_readings",
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("total_seconds", sa.Float(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_statement_readings")),
    )
    op.create_table(
        "statement_rollups",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queryid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("total_seconds", sa.Float(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "queryid", name=op.f("pk_statement_rollups")),
    )


def downgrade() -> None:
    for table in ("statement_rollups", "statement_readings", "statement_texts"):
        op.drop_table(table)
