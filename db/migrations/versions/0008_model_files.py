"""model files: activations, withdrawals, counts of the cache; parameters and thresholds stand sealed (A9.3, R4)"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from db.sealed import seal, unseal

revision = "0008"
down_revision = "0007"

SEALED = (("ml_models", "parameters"), ("detection_settings", "parameters"), ("detection_settings", "trace"))


def upgrade() -> None:
    op.create_table(
        "ml_model_activations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("metric_type", sa.String(length=64), nullable=False),
        sa.Column("model_type", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hotel_id"], ["hotels.id"], name=op.f("fk_ml_model_activations_hotel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ml_model_activations")),
    )
    op.create_index(op.f("ix_ml_model_activations_hotel_id"), "ml_model_activations", ["hotel_id"])
    op.create_index(op.f("ix_ml_model_activations_model_id"), "ml_model_activations", ["model_id"])
    op.create_index(
        "uq_ml_model_activations_open",
        "ml_model_activations",
        ["hotel_id", "metric_type", "model_type"],
        unique=True,
        postgresql_where=sa.text("active_until IS NULL"),
    )
    counts = ("hits", "misses", "waits", "failures", "refusals", "evictions")
    op.create_table(
        "ml_model_cache_counts",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in counts),
        sa.Column("load_seconds", sa.Float(precision=53), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["hotel_id"], ["hotels.id"], name=op.f("fk_ml_model_cache_counts_hotel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hotel_id", "counted_at", "service", name=op.f("pk_ml_model_cache_counts")),
    )
    op.add_column("ml_models", sa.Column("feature_hash", sa.String(), nullable=True))
    for name in ("deactivated_at", "moved_at", "withdrawn_at"):
        op.add_column("ml_models", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("ml_models", sa.Column("withdrawn_reason", sa.String(length=64), nullable=True))
    op.execute(
        "UPDATE ml_models SET withdrawn_at = CASE WHEN parameters ? 'refused' THEN trained_at END, "
        "withdrawn_reason = parameters ->> 'refused', deactivated_at = CASE WHEN is_active THEN NULL ELSE now() END"
    )
    op.execute(
        "INSERT INTO ml_model_activations (hotel_id, metric_type, model_type, model_id, trained_at, active_from, "
        "reason, actor) SELECT hotel_id, metric_type, model_type, id, trained_at, trained_at, 'trained', 'system' "
        "FROM ml_models WHERE is_active"
    )
    op.execute("UPDATE job_runs SET result = NULL WHERE job_name = 'learn'")  # it held learned thresholds
    for table, column in SEALED:
        rewrite(table, column, "varchar", lambda connection, document: seal(connection, document))


def downgrade() -> None:
    for table, column in SEALED:
        rewrite(table, column, "jsonb", lambda connection, text: json.dumps(unseal(connection, text)))
    op.execute(
        "UPDATE ml_models SET parameters = parameters || jsonb_build_object('refused', withdrawn_reason) "
        "WHERE withdrawn_reason IS NOT NULL"
    )
    for name in ("withdrawn_reason", "withdrawn_at", "moved_at", "deactivated_at", "feature_hash"):
        op.drop_column("ml_models", name)
    op.drop_table("ml_model_cache_counts")
    op.drop_table("ml_model_activations")


def rewrite(table: str, column: str, kind: str, convert: Any) -> None:
    """A column of another type, each value converted; the table is rewritten, so no readable copy stays in it."""
    connection = op.get_bind()
    rows = connection.execute(sa.text(f"SELECT id, {column} AS value FROM {table} WHERE {column} IS NOT NULL")).all()
    values = [{"id": row.id, "value": convert(connection, row.value)} for row in rows]
    is_required = table == "detection_settings" and column == "parameters"
    if is_required:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} USING NULL::{kind}")
    if values:
        connection.execute(sa.text(f"UPDATE {table} SET {column} = CAST(:value AS {kind}) WHERE id = :id"), values)
    if is_required:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
