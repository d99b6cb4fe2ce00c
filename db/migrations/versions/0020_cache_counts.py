"""cache_counts: how reads through the cache were answered, by namespace and minute (C1)"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "cache_counts",
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("namespace", sa.String(length=64), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("stale", sa.BigInteger(), nullable=False),
        sa.Column("shared", sa.BigInteger(), nullable=False),
        sa.Column("misses", sa.BigInteger(), nullable=False),
        sa.Column("degraded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("started_at", "namespace", name=op.f("pk_cache_counts")),
    )


def downgrade() -> None:
    op.drop_table("cache_counts")
