"""consumption days: daily sums of looks and units, filled from the rows that are there (A8.1)"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

# As the metric rows are now; from here on their writers renew the sums (db/queries/consumption_days.py).
FOUND = """
SELECT m.hotel_id, (m.timestamp AT TIME ZONE h.time_zone)::date AS day, s.room_id, s.product_id,
       coalesce(m.extra_data->>'occupancy', 'unknown') AS occupancy, s.id = s.first_id AS is_first,
       m.metric_value, x.expected
  FROM ml_metrics m
  JOIN hotels h ON h.id = m.hotel_id
  JOIN (SELECT id, room_id, product_id, min(id) OVER (PARTITION BY room_id) AS first_id FROM minibar_slots) s
       ON s.id = m.entity_id
  LEFT JOIN ml_scores x ON x.hotel_id = m.hotel_id AND x.metric_type = m.metric_type AND x.entity_id = m.entity_id
       AND x.timestamp = m.timestamp
 WHERE m.metric_type = 'tuketim_miktar'
"""
FILL = f"""
WITH found AS MATERIALIZED ({FOUND}), consumed AS (
    INSERT INTO consumption_days (hotel_id, day, room_id, product_id, occupancy, units)
    SELECT hotel_id, day, room_id, product_id, occupancy, sum(metric_value)
      FROM found WHERE metric_value <> 0 GROUP BY 1, 2, 3, 4, 5)
INSERT INTO look_days (hotel_id, day, room_id, occupancy, looks, slots, judged, expected)
SELECT hotel_id, day, room_id, occupancy, count(*) FILTER (WHERE is_first), count(*), count(expected),
       coalesce(sum(expected), 0)
  FROM found GROUP BY 1, 2, 3, 4
"""


def upgrade() -> None:
    op.create_table(
        "look_days",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("occupancy", sa.String(length=64), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotels.id"], name=op.f("fk_look_days_hotel_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_look_days_room_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hotel_id", "day", "room_id", "occupancy", name=op.f("pk_look_days")),
    )
    op.create_table(
        "consumption_days",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("occupancy", sa.String(length=64), nullable=False),
        sa.Column("units", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(
            ["hotel_id"], ["hotels.id"], name=op.f("fk_consumption_days_hotel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_consumption_days_product_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_consumption_days_room_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "hotel_id", "day", "room_id", "product_id", "occupancy", name=op.f("pk_consumption_days")
        ),
    )
    op.execute(FILL)


def downgrade() -> None:
    op.drop_table("consumption_days")
    op.drop_table("look_days")
