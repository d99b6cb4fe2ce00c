"""``GET /health``: for load balancers, container health checks and the launcher."""

from collections.abc import Callable

from fastapi import APIRouter, Response

from api.schemas import HealthAnswer
from operations.health import HealthReport


def health_routes(report: Callable[[], HealthReport]) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/health", responses={503: {"model": HealthAnswer}})
    def health(response: Response) -> HealthAnswer:
        """200 while people can work (``ok`` or ``degraded``), 503 when the database is away."""
        found = report()
        response.status_code = 503 if found.status == "down" else 200
        response.headers["Cache-Control"] = "no-store"
        return HealthAnswer.model_validate(found)

    return router
