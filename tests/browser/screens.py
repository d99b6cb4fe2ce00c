"""The pages that the browser suite opens, by address, with the title each shows: all of the navigation table."""

import re

from core.settings import ROOT

PAGES = {
    "/": "overview.title", "/alerts": "board.title", "/silences": "silence.title", "/forecasts": "forecasts.title",
    "/consumption": "consumption.title", "/rooms": "rooms.title", "/refills": "refills.title",
    "/thresholds": "tuning.title",
    "/stock": "stock.title", "/custody": "custody.title",
    "/models": "performance.title", "/comparison": "comparison.title", "/features": "features.title",
    "/model-files": "models.title", "/jobs": "jobs.title", "/quality": "quality.title",
}  # fmt: skip
DETAIL = "/alert"  # of one alert; its title is the alert's sentence


def addresses() -> set[str]:
    """What the navigation table serves; the first page stands at the root."""
    table = (ROOT / "pages" / "shell" / "navigation.py").read_text(encoding="utf-8")
    return {f"/{path}" for path in re.findall(r'url_path="([a-z-]+)"', table)} - {"/overview"} | {"/"}
