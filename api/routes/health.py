"""``GET /health``: for load balancers, container health checks and the launcher."""

from fastapi import APIRouter, Request, Response

from api.schemas.health import HealthAnswer

router = APIRouter(tags=["health"])


@router.get("/health", responses={503: {"model": HealthAnswer, "description": "The database is away."}})
def health(request: Request, response: Response) -> HealthAnswer:
    """200 while people can work (``ok`` or ``degraded``), 503 when the database is away. Needs no credential."""
    found = request.app.state.services().health.report()
    response.status_code = 503 if found.status == "down" else 200
    return HealthAnswer.model_validate(found)
