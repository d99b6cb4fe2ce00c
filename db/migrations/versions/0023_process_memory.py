"""process_memory: how much memory each process of the installation holds (R1)"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "process_memory",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("process_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("process_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rss_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "uss_bytes", sa.BigInteger(), nullable=True, comment="what would become free if the process ended"
        ),
        sa.Column(
            "limit_bytes", sa.BigInteger(), nullable=True, comment="of the process itself, where the settings name one"
        ),
        sa.Column(
            "used_ratio", sa.Float(), nullable=False,
            comment="of the nearest limit: the process's, the group's, the machine's",
        ),
        sa.Column("level", sa.String(length=64), nullable=False),
        sa.Column("given_back_bytes", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_memory")),
    )  # fmt: skip
    op.create_index(op.f("ix_process_memory_sampled_at"), "process_memory", ["sampled_at"])


def downgrade() -> None:
    op.drop_table("process_memory")
