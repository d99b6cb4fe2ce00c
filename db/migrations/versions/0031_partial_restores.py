"""partial_restores: parts of a backup that were put back, and what undoing that must know (C8)"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "partial_restores",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("backup", sa.String(), nullable=False),
        sa.Column("safety", sa.String(), nullable=False, comment="the backup of the state before"),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column("restored_by", sa.String(), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partial_restores")),
    )


def downgrade() -> None:
    op.drop_table("partial_restores")
