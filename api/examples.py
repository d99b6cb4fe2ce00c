"""Examples of the OpenAPI document, made from its schemas: a field's own example, else one by its name or kind."""

from typing import Any

BY_NAME: dict[str, Any] = {
    "hotel_id": 1, "hotel_name": "Deniz Otel", "username": "ayse", "full_name": "Ayşe Yılmaz", "actor": "ayse",
    "message": "Oda 305: dün gece 11 kola düşüldü; beklenen 0–2.", "name": "Kola 330 ml", "currency": "EUR",
    "floor": "3", "product": "Kola 330 ml", "staff": "Bora Kaya", "owner": "ayse", "created_by": "ayse",
    "reason": "Sayım düzeltildi.", "job_name": "collect", "host": "barometer-1", "room": "305", "unit": "units",
}  # fmt: skip
BY_FORMAT = {"date-time": "2026-03-02T05:00:00Z", "date": "2026-03-02", "duration": "PT5M"}
BY_TYPE: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "string": "text", "null": None}
MOST_LEVELS = 8


def example_of(schema: dict[str, Any], schemas: dict[str, Any], name: str = "", level: int = 0) -> Any:
    """A value that the schema allows."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name, level)
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return example_of(schema[key][0], schemas, name, level)
    return _of_type(schema, schemas, name, level)


def _of_type(schema: dict[str, Any], schemas: dict[str, Any], name: str, level: int) -> Any:
    kind = str(schema.get("type"))
    if kind == "object":
        fields = schema.get("properties", {}) if level < MOST_LEVELS else {}
        return {key: example_of(part, schemas, key, level + 1) for key, part in fields.items()}
    if kind == "array":
        parts = schema.get("prefixItems") or [schema[key] for key in ("items",) if key in schema]
        return [example_of(part, schemas, name, level + 1) for part in parts]
    known = BY_FORMAT.get(schema.get("format", "")) or BY_NAME.get(name)
    if known is None or (kind == "integer") != isinstance(known, int):
        known = BY_TYPE.get(kind)
    bounds = schema.get("minimum"), schema.get("maximum")
    return max(known, bounds[0]) if bounds[0] is not None and known < bounds[0] else _at_most(known, bounds[1])


def _at_most(known: Any, highest: float | None) -> Any:
    return known if highest is None else min(known, highest)
