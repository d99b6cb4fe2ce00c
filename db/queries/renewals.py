"""When each metric type's models were last renewed because its quality had fallen."""

from datetime import datetime

from sqlalchemy import Connection, text

RENEWAL = "renewal"  # the model_type of the scenario's own line in the training log


def last_renewals(connection: Connection, hotel_id: int) -> dict[str, datetime]:
    """{metric type: start of its newest renewal}; verdicts from before it do not count against the new models."""
    query = (
        "SELECT metric_type, max(started_at) AS started_at FROM ml_training_logs "
        "WHERE hotel_id = :hotel_id AND model_type = :renewal GROUP BY 1"
    )
    found = connection.execute(text(query), {"hotel_id": hotel_id, "renewal": RENEWAL})
    return {row.metric_type: row.started_at for row in found}
