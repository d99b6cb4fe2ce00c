"""triage: assignment, snooze, silences, undoable actions (A5.7, A5.8)"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("ml_alerts", sa.Column("assigned_to", sa.String(), nullable=True))
    op.add_column("ml_alerts", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ml_alerts", sa.Column("triage_version", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "alert_silences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("alert_type", sa.String(length=64), nullable=True),
        sa.Column("floor_id", sa.BigInteger(), nullable=True),
        sa.Column("entity_type", sa.String(length=64), nullable=True),
        sa.Column("entity_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("weekdays", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("from_minute", sa.BigInteger(), nullable=True),
        sa.Column("until_minute", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_alert_silences_ends")),
        sa.ForeignKeyConstraint(
            ["floor_id"], ["floors.id"], name=op.f("fk_alert_silences_floor_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id"], ["hotels.id"], name=op.f("fk_alert_silences_hotel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_silences")),
    )
    op.create_index(op.f("ix_alert_silences_hotel_id"), "alert_silences", ["hotel_id"])
    op.create_table(
        "alert_actions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_actions")),
    )
    op.create_table(
        "alert_action_rows",
        sa.Column("action_id", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version_after", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["action_id"], ["alert_actions.id"], name=op.f("fk_alert_action_rows_action_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["ml_alerts.id"], name=op.f("fk_alert_action_rows_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("action_id", "alert_id", name=op.f("pk_alert_action_rows")),
    )
    op.create_index(op.f("ix_alert_action_rows_alert_id"), "alert_action_rows", ["alert_id"])


def downgrade() -> None:
    op.drop_table("alert_action_rows")
    op.drop_table("alert_actions")
    op.drop_table("alert_silences")
    for name in ("triage_version", "snoozed_until", "assigned_to"):
        op.drop_column("ml_alerts", name)
