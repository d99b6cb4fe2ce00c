"""The document against the application: whatever it allows, and what it does not, is answered as it says (C12)."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from starlette.applications import Starlette
from starlette.routing import Mount

from api.access import READS
from api.app import api_routes
from core.scope import SYSTEM
from identity.permissions import MACHINE_PERMISSIONS
from services import Services
from tests.integration.api.conftest import Api

EXAMPLES = 3  # of each operation, of values that are allowed and of such that are not
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
LEFT_OUT = "auth_token"  # hashes passwords and counts attempts; its own tests are about both


@pytest.fixture
def unlimited(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    take = type(services.rate_limits).take
    monkeypatch.setattr(
        type(services.rate_limits), "take", lambda self, who, limit: take(self, f"{who}{id(object())}", READS)
    )


def key_of_everything(api: Api) -> str:
    api.add("superadmin", None, "deniz")
    return api.services.api_keys.create(SYSTEM, "all", sorted(MACHINE_PERMISSIONS), days=1, owner="deniz").key


def fuzz(api: Api, key: str, mode: GenerationMode, begins: str = "") -> tuple[dict[str, set[int]], list[str]]:
    """Ask every operation: its answers where it can be asked so, and what was answered otherwise than documented."""
    asked: dict[str, set[int]] = {}
    wrong = []
    mounted = Starlette(routes=[Mount("/api", api.app)])
    for result in schemathesis.openapi.from_asgi("/api/openapi.json", mounted).get_all_operations():
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        if name == LEFT_OUT or not name.startswith(begins):
            continue
        try:
            fuzz_one(operation, key, mode, asked.setdefault(name, set()))
        except Unsatisfiable:  # it takes nothing that could be wrong
            asked.pop(name)
        except FailureGroup as failures:
            wrong.append(f"{name}: {failures.exceptions[0]}")
    return asked, wrong


def fuzz_one(operation: Any, key: str, mode: GenerationMode, answers: set[int]) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(mode))
    def ask(case: Any) -> None:
        answer = case.call_and_validate(headers={"X-API-Key": key}, checks=CHECKS)
        answers.add(answer.status_code)

    ask()


def taking_something(api: Api) -> set[str]:
    """Operations with parameters or a body, which can be wrong."""
    operations = [one for path in api.app.openapi()["paths"].values() for one in path.values()]
    return {one["operationId"] for one in operations if one.get("parameters") or "requestBody" in one}


@pytest.mark.usefixtures("unlimited", "hotel")
def test_what_the_document_allows_is_answered_as_it_says(api: Api) -> None:
    asked, wrong = fuzz(api, key_of_everything(api), GenerationMode.POSITIVE)
    assert wrong == []
    assert len(asked) == len(api_routes()) - 1
    assert sum(200 in answers for answers in asked.values()) > len(asked) // 3  # it gets past the door


@pytest.mark.usefixtures("unlimited", "hotel")
def test_what_the_document_forbids_is_answered_as_it_says(api: Api) -> None:
    asked, wrong = fuzz(api, key_of_everything(api), GenerationMode.NEGATIVE)
    assert wrong == []
    assert len(asked) > len(api_routes()) // 2
    refused = {name for name, answers in asked.items() if 422 in answers}
    assert len(refused) > len(taking_something(api) & asked.keys()) // 2


@pytest.mark.usefixtures("unlimited", "hotel")
def test_an_undocumented_answer_would_be_found(api: Api) -> None:
    """The negative control: one failure taken out of the document."""
    for operations in api.app.openapi()["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("404", None)
    _, wrong = fuzz(api, key_of_everything(api), GenerationMode.POSITIVE, "alerts_")
    assert any("404" in one for one in wrong)
