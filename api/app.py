"""The API as one ASGI application, built over whatever services the process has."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import FastAPI

from api.auth import auth_routes
from api.errors import install_error_handlers
from api.health import health_routes
from core.version import version

if TYPE_CHECKING:
    from services import Services


def create_api(services_provider: "Callable[[], Services]") -> FastAPI:
    """The application to mount at ``/api``; services are asked for at each request, so building it needs none.

    The interactive documentation loads scripts from the internet and is therefore off.
    """
    app = FastAPI(title="Barometer", version=version(), docs_url=None, redoc_url=None)
    install_error_handlers(app)
    app.include_router(health_routes(lambda: services_provider().health.report()))
    app.include_router(auth_routes(lambda: services_provider().tokens))
    return app
