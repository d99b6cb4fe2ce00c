"""lock_episodes: transactions for which others waited (C2)"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "lock_episodes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("blocking_pid", sa.BigInteger(), nullable=False),
        sa.Column("blocking_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocking_application", sa.String(), nullable=True),
        sa.Column("blocking_role", sa.String(), nullable=True),
        sa.Column("blocking_state", sa.String(), nullable=True),
        sa.Column("blocking_text", sa.String(), nullable=True),
        sa.Column("waiting_pid", sa.BigInteger(), nullable=False),
        sa.Column("waiting_application", sa.String(), nullable=False),
        sa.Column("waiting_role", sa.String(), nullable=True),
        sa.Column("waiting_text", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("mode", sa.String(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("longest_seconds", sa.Float(), nullable=False),
        sa.Column("waiters", sa.BigInteger(), nullable=False, comment="the most at one time"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lock_episodes")),
    )
    op.create_index(op.f("ix_lock_episodes_began_at"), "lock_episodes", ["began_at"])
    op.create_index("ix_lock_episodes_open", "lock_episodes", ["id"], postgresql_where=sa.text("ended_at IS NULL"))


def downgrade() -> None:
    op.drop_table("lock_episodes")
