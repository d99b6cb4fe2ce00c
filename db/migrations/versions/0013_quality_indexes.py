"""quality indexes: the figures of data quality read the rows of their days, and metric rows by the index alone (P9)"""

from alembic import op

revision = "0013"
down_revision = "0012"

METRICS, FEATURES = "ix_ml_metrics_hotel_id_metric_type_timestamp", "ix_ml_features_hotel_id_metric_type_timestamp"


def upgrade() -> None:
    op.create_index(
        f"{METRICS}_interval_start", "ml_metrics", ["hotel_id", "metric_type", "timestamp", "interval_start"]
    )
    op.drop_index(METRICS, table_name="ml_metrics")
    op.create_index(FEATURES, "ml_features", ["hotel_id", "metric_type", "timestamp"])


def downgrade() -> None:
    op.drop_index(FEATURES, table_name="ml_features")
    op.create_index(METRICS, "ml_metrics", ["hotel_id", "metric_type", "timestamp"])
    op.drop_index(f"{METRICS}_interval_start", table_name="ml_metrics")
