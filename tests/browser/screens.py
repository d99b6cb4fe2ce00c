"""The pages that the browser suite opens, by address, with the title each shows: all of the navigation table."""

from identity.permissions import allows
from pages.shell.navigation import TABLE

PAGES = {
    "/": "overview.title", "/alerts": "board.title", "/silences": "silence.title", "/forecasts": "forecasts.title",
    "/consumption": "consumption.title", "/rooms": "rooms.title", "/refills": "refills.title",
    "/thresholds": "tuning.title",
    "/stock": "stock.title", "/custody": "custody.title",
    "/models": "performance.title", "/comparison": "comparison.title", "/features": "features.title",
    "/model-files": "models.title", "/jobs": "jobs.title", "/requests": "requests.title", "/redis": "redis.title",
    "/cache": "cache.title", "/logs": "logs.title", "/profiler": "profiler.title",
    "/configuration": "configuration.title",
    "/memory": "memory.title",
    "/queries": "queries.title",
    "/quality": "quality.title",
    "/backups": "backups.title", "/archive": "archive.title", "/audit": "audit.title",
    "/users": "users.title", "/account": "account.title", "/password": "password.title",
}  # fmt: skip
DETAIL = "/alert"  # of one alert; its title is the alert's sentence


def opener(path: str, manager: str, administrator: str) -> str:
    """Who opens the page: the manager, where one may."""
    [needs] = [entry.needs for entries in TABLE.values() for entry in entries if path in ("/" + entry.url_path, "/")][
        :1
    ]
    return manager if needs is None or allows("admin", needs) else administrator


def addresses() -> set[str]:
    """What the navigation table serves; the first page stands at the root."""
    paths = [entry.url_path for entries in TABLE.values() for entry in entries]
    return {f"/{path}" for path in paths[1:]} | {"/"}
