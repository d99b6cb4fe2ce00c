"""The OpenAPI document: who may call what, every answer that can come, and an example of each."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.access import Needs
from api.examples import example_of
from api.schemas.failures import ErrorAnswer

INTRODUCTION = """Everything that the screens show, from the same services.

Send `Authorization: Bearer <access token>` (`POST /auth/token` gives one), or the key of a machine as
`Authorization: Bearer bmk_…` or `X-API-Key`.
Requests that change something need `Content-Type: application/json`. Errors have one shape, in the language of
`Accept-Language` (tr or en). Lists answer `next_cursor`; send it back as `cursor`. Answers to most reads carry an
`ETag`; sent back as `If-None-Match` it saves the answer (304). `RateLimit` says how often one may still ask.
"""
FAILURES = {
    "400": ("unknown_verdict", "A value that the service refuses."),
    "401": ("unauthenticated", "No credential, one that does not work, or two at once."),
    "403": ("forbidden", "The caller lacks the permission of this route."),
    "404": ("not_found", "There is no such thing in the caller's hotels."),
    "408": ("body_too_slow", "The body of the request did not arrive within ten seconds."),
    "409": ("alert_changed", "Somebody else was quicker, or what is wanted stands already."),
    "413": ("body_too_large", "The request is larger than 1 MB."),
    "415": ("json_required", "The request is not JSON."),
    "422": ("validation_failed", "A value of the address or the body is wrong; the details name it."),
    "429": ("too_many_requests", "Too often; Retry-After says when to come back."),
    "500": ("internal_error", "A mistake of ours; it is logged."),
    "503": ("database_busy", "The database is away or busy; Retry-After says when to come back."),
}
READ = ("400", "401", "403", "404", "422", "429", "500", "503")
CHANGE = (*READ, "408", "409", "413", "415")
SIGN_IN = ("400", "401", "408", "413", "415", "422", "429", "500", "503")
SCHEMES = {
    "accessToken": {"type": "http", "scheme": "bearer", "description": "An access token, or the key of a machine."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The key of a machine."},
}


def operation_id(route: APIRoute) -> str:
    """``alerts_acknowledge``: what a generated client calls it."""
    return "_".join([*map(str, route.tags[:1]), route.name]).replace(" ", "_")


def needs_of(route: APIRoute) -> Needs | None:
    """What the route asks of its caller; None where it needs no credential."""
    return next((one.call for one in route.dependant.dependencies if isinstance(one.call, Needs)), None)


def document(app: FastAPI, routes: list[APIRoute]) -> dict[str, Any]:
    """Built once a process, then kept by the application."""
    if app.openapi_schema:
        return app.openapi_schema
    found = get_openapi(
        title=app.title, version=app.version, description=INTRODUCTION, routes=list(routes), servers=[{"url": "/api"}]
    )
    parts = found.setdefault("components", {})
    parts["securitySchemes"] = SCHEMES
    parts["responses"] = {code: _failure(*words) for code, words in FAILURES.items()}
    schemas = parts["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    failure = ErrorAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= {**failure.pop("$defs", {}), "ErrorAnswer": failure}
    of = {(route.path_format, method.casefold()): route for route in routes for method in route.methods or ()}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            operation["operationId"] = operation_id(of[path, method])
            _describe(operation, needs_of(of[path, method]), method)
            _exemplify(operation, schemas)
    app.openapi_schema = found
    return found


def _describe(operation: dict[str, Any], needed: Needs | None, method: str) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    operation["summary"] = operation["description"].split("\n")[0].rstrip(".")
    if needed is None:
        for code in ("500",) if method == "get" else SIGN_IN:
            answers[code] = {"$ref": f"#/components/responses/{code}"}
        return
    limit = needed.limit
    operation["x-permission"] = needed.permission
    operation["security"] = [{name: []} for name in SCHEMES]
    operation["description"] += f"\n\nNeeds `{needed.permission}`; {limit.requests} requests in {limit.seconds} s."
    for code in READ if method == "get" else CHANGE:
        answers[code] = {"$ref": f"#/components/responses/{code}"}
    if method == "get":
        answers["304"] = {"description": "The answer is the one whose ETag came as If-None-Match."}


def _failure(code: str, description: str) -> dict[str, Any]:
    example = {"success": False, "error": {"code": code, "message": description, "details": {}}}
    content = {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}, "example": example}
    return {"description": description, "content": {"application/json": content}}


def _exemplify(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    for content in _contents(operation):
        if "schema" in content and "example" not in content:
            content["example"] = example_of(content["schema"], schemas)


def _contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for answer in operation["responses"].values():
        yield from answer.get("content", {}).values()
