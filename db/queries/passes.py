"""Whether a hotel's past was judged already."""

from sqlalchemy import Connection, text


def was_judged(connection: Connection, hotel_id: int) -> bool:
    """Whether detection ever ran over the hotel."""
    found = connection.execute(
        text("SELECT EXISTS (SELECT FROM pipeline_watermarks WHERE hotel_id = :hotel_id AND stage LIKE 'detect%')"),
        {"hotel_id": hotel_id},
    )
    return bool(found.scalar_one())
