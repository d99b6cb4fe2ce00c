"""redis_samples: the Redis server as it answered over time (C5)"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "redis_samples",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("answer_seconds", sa.Float(), nullable=True),
        sa.Column("figures", postgresql.JSONB(), nullable=True, comment="operations.redis.figures.ServerFigures"),
        sa.Column(
            "patterns", postgresql.JSONB(), nullable=True,
            comment="operations.redis.survey.Pattern, a few times an hour",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redis_samples")),
    )  # fmt: skip
    op.create_index(op.f("ix_redis_samples_sampled_at"), "redis_samples", ["sampled_at"])


def downgrade() -> None:
    op.drop_table("redis_samples")
