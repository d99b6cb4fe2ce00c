"""archive: which files hold the metric rows past their retention, what was brought back, what was changed (A7)"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"


def _instant(name: str, nullable: bool = False, default: str | None = None) -> sa.Column[object]:
    server_default = sa.text(default) if default else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=server_default)


def _of_hotel(table: str) -> tuple[sa.Column[object], sa.Column[object], sa.PrimaryKeyConstraint]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "hotel_id",
            sa.BigInteger(),
            sa.ForeignKey("hotels.id", name=op.f(f"fk_{table}_hotel_id"), ondelete="CASCADE"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    op.create_table(
        "archive_partitions",
        *_of_hotel("archive_partitions"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        _instant("first_at"),
        _instant("last_at"),
        sa.Column("metric_types", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("schema_version", sa.SmallInteger(), nullable=False),
        _instant("created_at", default="now()"),
        _instant("verified_at", nullable=True),
        sa.Column("fault", sa.String(length=64), nullable=True),
        sa.UniqueConstraint("path", name=op.f("uq_archive_partitions_path")),
    )
    op.create_index(op.f("ix_archive_partitions_hotel_id_last_at"), "archive_partitions", ["hotel_id", "last_at"])
    op.create_table(
        "archive_mark",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_mark")),
    )
    op.create_table(
        "archive_holds",
        *_of_hotel("archive_holds"),
        _instant("since"),
        _instant("until"),
        _instant("kept_until"),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("brought_by", sa.String(), nullable=False),
        _instant("brought_at"),
        _instant("ended_at", nullable=True),
    )
    op.create_index(op.f("ix_archive_holds_hotel_id"), "archive_holds", ["hotel_id"])
    op.create_table(
        "metric_findings",
        *_of_hotel("metric_findings"),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("fault", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("metric_type", sa.String(length=64), nullable=True),
        sa.Column("entity_type", sa.String(length=64), nullable=True),
        sa.Column("entity_id", sa.BigInteger(), nullable=True),
        _instant("timestamp", nullable=True),
        sa.Column("metric_value", sa.Float(precision=53), nullable=True),
        _instant("found_at"),
        _instant("seen_at"),
        _instant("cleared_at", nullable=True),
        sa.UniqueConstraint("hotel_id", "subject", name=op.f("uq_metric_findings_hotel_id_subject")),
    )


def downgrade() -> None:
    """Without the manifest nobody could find the rows that lie in files."""
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT FROM archive_partitions)")):
        raise RuntimeError("rows lie in the archive: restore a backup that was made before it instead")
    for table in ("metric_findings", "archive_holds", "archive_mark", "archive_partitions"):
        op.drop_table(table)
