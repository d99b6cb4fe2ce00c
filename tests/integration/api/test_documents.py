"""The OpenAPI document tells the truth: examples fit, answers are named, and the page needs no internet (C12)."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.app import api_routes
from tests.integration.api.conftest import Api


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    return dict(api.get("/openapi.json").json())


def contents(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(where, content) of every body that is asked for or answered."""
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts = [operation.get("requestBody", {}), *operation["responses"].values()]
            found += [(f"{method} {path}", one) for part in parts for one in part.get("content", {}).values()]
    return found


def mistakes(content: dict[str, Any], document: dict[str, Any]) -> list[str]:
    schema = {**content["schema"], "components": document["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(content["example"])]


def test_every_body_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    found = contents(document)
    assert len(found) > len(api_routes())
    assert [where for where, content in found if "example" not in content] == []
    assert [(where, wrong) for where, content in found if (wrong := mistakes(content, document))] == []


def test_an_example_that_does_not_fit_would_be_found(document: dict[str, Any]) -> None:
    where, content = contents(document)[0]
    assert mistakes({**content, "example": "nonsense"}, document) != [], where


def test_every_route_says_what_it_needs_and_which_failures_can_come(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], path
            if "x-permission" not in operation:
                assert path == "/health" or path.startswith(("/auth/", "/.well-known/"))
                continue
            expected = {"401", "403", "404", "422", "429", "503"} | (
                {"304"} if method == "get" else {"400", "408", "409", "413", "415"}
            )
            assert expected <= operation["responses"].keys(), path
    assert document["servers"] == [{"url": "/api"}]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in re.findall(r'"#/([^"]+)"', str(document).replace("'", '"')):
        part: Any = document
        for name in reference.split("/"):
            part = part[name]


def test_the_page_loads_nothing_from_elsewhere(api: Api) -> None:
    page = api.get("/docs")
    assert page.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    for link in links:
        assert link.startswith("/")
        assert api.get(link).status_code == 200
