"""The API as one ASGI application, built over whatever services the process has."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from api.answer_headers import AnswerHeaders
from api.body_limits import BodyLimits
from api.documents import document
from api.errors import install_error_handlers
from api.event_stream import OpenStreams
from api.metering import Metering
from api.routes import (
    alerts,
    api_keys,
    archive,
    auth,
    backup_parts,
    backups,
    cache,
    config,
    forecasts,
    health,
    hotels,
    jobs,
    log_stream,
    logs,
    memory,
    metrics,
    models,
    profiler,
    quality,
    queries,
    redis,
    reports,
    request_metrics,
    silences,
    thresholds,
    users,
)
from api.turns import Turns
from core.clock import SystemClock
from core.version import version
from operations.requests.recorder import RequestRecorder

if TYPE_CHECKING:
    from services import Services

TOPICS = (
    alerts, silences, reports, forecasts, metrics, models, thresholds, quality, jobs, request_metrics, redis,
    backup_parts, backups, archive, cache, log_stream, logs, profiler, memory, queries, config, hotels, api_keys, users,
    auth, health,
)  # fmt: skip
ROUTERS = tuple(topic.router for topic in TOPICS)


def create_api(services_provider: "Callable[[], Services]", recorder: RequestRecorder | None = None) -> FastAPI:
    """The application to mount at ``/api``; services are asked for at each request, so building it needs none.

    Every request is measured by ``recorder``; whoever hands in none does not read what was measured.
    The documentation at ``/docs`` loads nothing from the internet.
    """
    app = FastAPIOffline(
        "/docs", None, title="Barometer", version=version(),
        redirect_slashes=False,  # one address each; a redirect would go to whatever Host the request named
        swagger_ui_parameters={"validatorUrl": None, "docExpansion": "none"},
    )  # fmt: skip
    app.state.services = services_provider
    app.state.streams = OpenStreams()
    # From the inside to the outside: a body is read before its request takes a turn, and everything is measured.
    app.add_middleware(Turns)
    app.add_middleware(BodyLimits)
    install_error_handlers(app, lambda error: services_provider().audit.note_denial(error))
    app.add_middleware(AnswerHeaders)
    app.add_middleware(Metering, recorder=recorder or RequestRecorder(SystemClock()))
    for router in ROUTERS:
        app.include_router(router)
    openapi: Callable[[], dict[str, Any]] = lambda: document(app, api_routes())  # noqa: E731
    app.openapi = openapi  # type: ignore[method-assign]
    return app


def api_routes() -> list[APIRoute]:
    """Every documented route."""
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def api_document() -> dict[str, Any]:
    """The OpenAPI document, without anything running."""
    return document(FastAPI(title="Barometer", version=version()), api_routes())
