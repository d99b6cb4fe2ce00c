"""statement_plans: plans of statements that somebody kept to compare them (C2)"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "statement_plans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("total_cost", sa.Float(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False, comment="operations.queries.plan.Step"),
        sa.Column("actor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_plans")),
    )
    op.create_index(op.f("ix_statement_plans_made_at"), "statement_plans", ["made_at"])
    op.create_index(op.f("ix_statement_plans_fingerprint_id"), "statement_plans", ["fingerprint", "id"])


def downgrade() -> None:
    op.drop_table("statement_plans")
