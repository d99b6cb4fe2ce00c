"""Sources of stok_seviye: movements of the central store."""

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out
from db.queries.watermarks import Window


def touched_products(connection: Connection, window: Window, everything: bool = False) -> list[int]:
    """Products with movements that this run must look at; ``everything``: all that ever moved."""
    found = copy_out(
        connection,
        "SELECT product_id FROM stock_movements WHERE hotel_id = %(hotel_id)s AND occurred_at <= %(at)s "
        "AND (%(since)s IS NULL OR recorded_at > %(recorded)s) UNION "
        "SELECT product_id FROM stock_movements WHERE hotel_id = %(hotel_id)s AND occurred_at <= %(at)s "
        "AND (%(everything)s OR occurred_at > %(since)s)",
        _params(window) | {"everything": everything},
    )
    return found["product_id"].tolist()


def movements(connection: Connection, window: Window, products: list[int]) -> pd.DataFrame:
    """product_id, occurred_at, id, movement_type, quantity: whole histories up to the window's end."""
    return copy_out(
        connection,
        "SELECT product_id, occurred_at, id, movement_type, quantity FROM stock_movements "
        "WHERE hotel_id = %(hotel_id)s AND product_id = ANY(%(products)s) AND occurred_at <= %(at)s",
        _params(window) | {"products": products},
    )


def newest_levels(connection: Connection, window: Window, without: list[int]) -> pd.DataFrame:
    """entity_id, timestamp, metric_value: the newest stored hour of every product that is not in ``without``."""
    return copy_out(
        connection,
        "SELECT p.id AS entity_id, m.timestamp, m.metric_value FROM products p CROSS JOIN LATERAL ("
        "SELECT timestamp, metric_value FROM ml_metrics WHERE hotel_id = p.hotel_id AND metric_type = 'stok_seviye' "
        "AND entity_id = p.id ORDER BY timestamp DESC LIMIT 1) m "
        "WHERE p.hotel_id = %(hotel_id)s AND NOT p.id = ANY(%(products)s)",
        _params(window) | {"products": without},
    )


def _params(window: Window) -> dict[str, object]:
    return {
        "hotel_id": window.hotel_id, "at": window.at, "since": window.since_at, "recorded": window.recorded_since,
    }  # fmt: skip
