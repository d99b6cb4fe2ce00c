"""job_control: who wants a run to end, which run a request repeats, and what the timetable leaves out (C4)"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    for table in ("job_runs", "job_requests"):
        op.add_column(table, sa.Column("retry_of", sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_retry_of"), table, "job_runs", ["retry_of"], ["id"], ondelete="SET NULL"
        )
    op.add_column("job_runs", sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job_runs", sa.Column("cancel_requested_by", sa.String(), nullable=True))
    op.add_column("job_requests", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job_requests", sa.Column("cancelled_by", sa.String(), nullable=True))
    op.create_index(
        "uq_job_requests_retry_of", "job_requests", ["retry_of"], unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )  # fmt: skip
    op.create_index(op.f("ix_job_runs_retry_of"), "job_runs", ["retry_of"], unique=False)
    op.create_index(op.f("ix_job_runs_started_at"), "job_runs", ["started_at"], unique=False)
    op.create_index(
        op.f("ix_job_runs_job_name_hotel_id_started_at"), "job_runs", ["job_name", "hotel_id", "started_at"],
        unique=False,
    )  # fmt: skip
    op.create_table(
        "job_pauses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_name", sa.String(length=64), nullable=False),
        sa.Column("hotel_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("paused_by", sa.String(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resumed_by", sa.String(), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotels.id"], name=op.f("fk_job_pauses_hotel_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_pauses")),
    )
    op.create_index(op.f("ix_job_pauses_hotel_id"), "job_pauses", ["hotel_id"], unique=False)
    op.create_index(
        "uq_job_pauses_lasting", "job_pauses", ["job_name", "hotel_id"], unique=True,
        postgresql_where=sa.text("resumed_at IS NULL"), postgresql_nulls_not_distinct=True,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("job_pauses")
    op.drop_index(op.f("ix_job_runs_job_name_hotel_id_started_at"), table_name="job_runs")
    op.drop_index(op.f("ix_job_runs_started_at"), table_name="job_runs")
    op.drop_index(op.f("ix_job_runs_retry_of"), table_name="job_runs")
    op.drop_index("uq_job_requests_retry_of", table_name="job_requests")
    for column in ("cancelled_by", "cancelled_at", "retry_of"):
        op.drop_column("job_requests", column)
    for column in ("cancel_requested_by", "cancel_requested_at", "retry_of"):
        op.drop_column("job_runs", column)
