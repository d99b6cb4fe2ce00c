"""Data versions: bumped in the writer's transaction, the key of every cached read."""

from sqlalchemy import Connection, bindparam, text


def bump(connection: Connection, hotel_id: int, topic: str) -> None:
    """Say that the data of a topic changed; visible to readers when the transaction commits."""
    connection.execute(
        text(
            "INSERT INTO data_versions (hotel_id, topic) VALUES (:hotel_id, :topic) "
            "ON CONFLICT (hotel_id, topic) DO UPDATE SET version = data_versions.version + 1, changed_at = now()"
        ),
        {"hotel_id": hotel_id, "topic": topic},
    )


def current(connection: Connection, hotel_ids: list[int] | None = None) -> dict[tuple[int, str], int]:
    """{(hotel_id, topic): version} of some hotels, or of all."""
    where, params = "", {}
    if hotel_ids is not None:
        where, params = "WHERE hotel_id IN :hotel_ids", {"hotel_ids": hotel_ids}
    statement = text(f"SELECT hotel_id, topic, version FROM data_versions {where}")
    if hotel_ids is not None:
        statement = statement.bindparams(bindparam("hotel_ids", expanding=True))
    return {(row.hotel_id, row.topic): row.version for row in connection.execute(statement, params)}
