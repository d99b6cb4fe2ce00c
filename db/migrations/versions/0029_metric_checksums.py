"""metric checksums: every metric row says what it was when it was written (A7.5)"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

ARGUMENTS = """hotel_id bigint, metric_type text, entity_type text, entity_id bigint, interval_start timestamptz,
    ended_at timestamptz, metric_value float8, exposure float8, extra_data jsonb, collected_at timestamptz"""
# Binary forms: no setting of a session (time zone, digits of numbers) changes them. Texts end with a zero byte, which
# no text holds, so that no two rows have the same bytes.
CHECKSUM = f"""
CREATE FUNCTION metric_checksum({ARGUMENTS}) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN substring(sha256(
    int8send(hotel_id) || int8send(entity_id)
    || timestamptz_send(interval_start) || timestamptz_send(ended_at) || timestamptz_send(collected_at)
    || float8send(metric_value) || coalesce('\\x01'::bytea || float8send(exposure), '\\x00'::bytea)
    || convert_to(metric_type, 'UTF8') || '\\x00'::bytea || convert_to(entity_type, 'UTF8') || '\\x00'::bytea
    || convert_to(coalesce(extra_data::text, ''), 'UTF8')
) FOR 16)
"""
# The table is written anew once: an UPDATE would leave every row behind twice.
FILL = """
ALTER TABLE ml_metrics ALTER COLUMN checksum TYPE bytea USING metric_checksum(
    hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp, metric_value, exposure, extra_data,
    collected_at)
"""


def upgrade() -> None:
    # Millions of rows are written anew, after whoever is at work with them: that takes as long as it takes.
    op.execute(sa.text("SET LOCAL statement_timeout = 0"))
    op.execute(sa.text(CHECKSUM))
    op.add_column("ml_metrics", sa.Column("checksum", sa.LargeBinary(), nullable=True))
    op.execute(sa.text(FILL))


def downgrade() -> None:
    op.drop_column("ml_metrics", "checksum")
    op.execute(sa.text("DROP FUNCTION metric_checksum"))
