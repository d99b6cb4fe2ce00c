"""Everything that stands sealed or signed, for changing keys: which key it names, and its exchange (SPEC A9.3)."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

SEALED = (
    ("ml_models", "parameters"), ("detection_settings", "parameters"), ("detection_settings", "trace"),
    ("second_factors", "secret"),
)  # fmt: skip
SIGNED = ("ml_models", "hmac_sha256")
CHUNK = 500


def key_counts(connection: Connection) -> dict[str, int]:
    """Values by the key that they name; signatures of the older format name none."""
    parts = " UNION ALL ".join(
        f"SELECT split_part({column}, ':', 1) AS key FROM {table} WHERE {column} LIKE '%:%'"
        for table, column in (*SEALED, SIGNED)
    )
    found = connection.execute(text(f"SELECT key, count(*) AS n FROM ({parts}) AS named GROUP BY key"))
    return {row.key: int(row.n) for row in found}


def values_of_other_keys(connection: Connection, table: str, column: str, key_id: str) -> Iterator[tuple[int, str]]:
    """(id, value) of values that name another key than this one."""
    query = (
        f"SELECT id, {column} AS value FROM {table} WHERE {column} LIKE '%:%' AND {column} NOT LIKE :first "
        "AND id > :after ORDER BY id LIMIT :chunk"
    )
    after = 0
    while True:
        params = {"first": f"{key_id}:%", "after": after, "chunk": CHUNK}
        rows = connection.execute(text(query), params).all()
        yield from ((row.id, row.value) for row in rows)
        if len(rows) < CHUNK:
            return
        after = rows[-1].id


def exchange(connection: Connection, place: tuple[str, str], row_id: int, before: str, after: str) -> bool:
    """Put a value in place of another; False when somebody else changed it."""
    table, column = place
    query = f"UPDATE {table} SET {column} = :after WHERE id = :id AND {column} = :before"
    return connection.execute(text(query), {"id": row_id, "before": before, "after": after}).rowcount > 0


def discard_settings(connection: Connection, setting_ids: list[int]) -> None:
    """Versions of thresholds that nobody can read any more."""
    connection.execute(text("DELETE FROM detection_settings WHERE id = ANY(:ids)"), {"ids": setting_ids})


def discard_models(connection: Connection, model_ids: list[int]) -> None:
    """Versions whose parameters or signatures nobody can check any more are withdrawn."""
    query = (
        "UPDATE ml_models SET parameters = NULL, sha256 = NULL, hmac_sha256 = NULL, "
        "withdrawn_at = now(), withdrawn_reason = 'key_lost', "
        "is_active = false, deactivated_at = now() WHERE id = ANY(:ids)"
    )
    connection.execute(text(query), {"ids": model_ids})
    connection.execute(
        text(
            "UPDATE ml_model_activations SET active_until = now() WHERE active_until IS NULL AND model_id = ANY(:ids)"
        ),
        {"ids": model_ids},
    )


def discard_second_factors(connection: Connection, factor_ids: list[int]) -> None:
    """Secrets of authenticator apps that nobody can read any more: their users set them up again."""
    of_users = "SELECT user_id FROM second_factors WHERE id = ANY(:ids)"
    connection.execute(text(f"DELETE FROM recovery_codes WHERE user_id IN ({of_users})"), {"ids": factor_ids})
    connection.execute(text("DELETE FROM second_factors WHERE id = ANY(:ids)"), {"ids": factor_ids})
