"""profiles: what processes of the installation spent their time and memory on (C10)"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
ACTIVE = "state IN ('requested', 'running')"


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("job_name", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("process_id", sa.BigInteger(), nullable=True),
        sa.Column("host", sa.String(), nullable=True),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("overhead_ratio", sa.Float(), nullable=True, comment="of one core; what measuring itself took"),
        sa.Column("usage", JSONB(), nullable=True, comment="operations.profiler.usage.Usage, one a second"),
        sa.Column("result", JSONB(), nullable=True, comment="operations.profiler.report, or grown lines"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
    )
    op.create_index(op.f("ix_profiles_requested_at"), "profiles", ["requested_at"])
    op.create_index(
        "uq_profiles_active", "profiles", [sa.text("(true)")], unique=True, postgresql_where=sa.text(ACTIVE)
    )


def downgrade() -> None:
    op.drop_table("profiles")
