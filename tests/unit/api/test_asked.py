"""What can be chosen in an address is accepted as it is written there: as text (C12)."""

from typing import Annotated, Any, Literal

import pytest
from fastapi import Query
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from api.app import api_routes


def adapter_of(info: FieldInfo) -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[info.annotation, "as FastAPI reads it", *info.metadata])


def choices(adapter: TypeAdapter[Any]) -> list[Any]:
    """Numbers among which the caller chooses; empty where it is no such choice."""
    schema = adapter.json_schema()
    return [one for one in schema.get("enum", []) if isinstance(one, int)]


def refused(adapter: TypeAdapter[Any]) -> list[Any]:
    found = []
    for one in choices(adapter):
        try:
            adapter.validate_python(str(one))
        except ValidationError:
            found.append(one)
    return found


def test_every_number_that_can_be_chosen_is_accepted_as_text() -> None:
    asked = {
        f"{route.path} {field.name}": adapter_of(field.field_info)
        for route in api_routes()
        for field in route.dependant.query_params
    }
    assert sum(bool(choices(adapter)) for adapter in asked.values()) >= 8
    assert {name: refused(adapter) for name, adapter in asked.items() if refused(adapter)} == {}


def test_a_choice_of_numbers_that_refuses_text_would_be_noticed() -> None:
    assert refused(TypeAdapter(Annotated[Literal[7, 30], Query()])) == [7, 30]
    with pytest.raises(ValidationError):
        TypeAdapter(Literal[7]).validate_python("7")
