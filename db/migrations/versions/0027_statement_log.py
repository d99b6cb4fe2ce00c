"""statement_log: the newest statements of every process, and the slow and failed ones (C2)"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "statement_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("process", sa.String(length=64), nullable=False),
        sa.Column("process_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=True, comment="the page, route or run that it worked for"),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("has_failed", sa.Boolean(), nullable=False),
        sa.Column("kept_for", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_log")),
    )
    op.create_index(op.f("ix_statement_log_ended_at"), "statement_log", ["ended_at"])
    op.create_index(op.f("ix_statement_log_kept_for_id"), "statement_log", ["kept_for", "id"])


def downgrade() -> None:
    op.drop_table("statement_log")
