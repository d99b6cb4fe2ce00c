"""The pictures of the user guide: where each is taken, as whom, and what is done there first."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from core.i18n import Translator
from core.settings import ROOT
from tests.browser.conftest import Visitor

GUIDE = ROOT / "docs" / "user-guide"
COLOURS = 128
USERS = {"manager": {"tr": "ayse", "en": "eda"}, "administrator": {"tr": "firat", "en": "deniz"}}
Arrange = Callable[[Visitor, Translator], None]


def as_it_opens(_: Visitor, __: Translator) -> None:
    """Nothing is done first."""


def first_chart(visitor: Visitor, _: Translator) -> None:
    """Scroll past the tables to what is drawn below them."""
    visitor.page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()


@dataclass(frozen=True)
class Picture:
    """``path`` may name the ``{alert}``; ``title`` is the catalog key of the heading that must be there."""

    name: str
    path: str
    title: str
    user: str = "manager"
    arrange: Arrange = as_it_opens
    width: int = 1280
    height: int = 800
    is_dark: bool = False

    @property
    def does_more(self) -> bool:
        """More than to open a page of the navigation table as it is."""
        return "?" in self.path or self.arrange is not as_it_opens


PICTURES = (
    Picture("overview", "/", "overview.title", height=1150),
    Picture("overview-phone", "/", "overview.title", width=390, height=844, is_dark=True),
    Picture("alerts", "/alerts?alert={alert}", "board.title"),
    Picture("alert", "/alert?alert={alert}", "shell.alert", height=1800),
    Picture("alert-groups", "/alerts?view=groups", "board.title"),
    Picture("alert-table", "/alerts?view=table", "board.title"),
    Picture("remedies", "/alerts?view=remedies&days=30", "board.title"),
    Picture("silences", "/silences", "silence.title", height=420),
    Picture("forecasts", "/forecasts", "forecasts.title"),
    Picture("forecast-product", "/forecasts", "forecasts.title", arrange=first_chart),
    Picture("consumption", "/consumption", "consumption.title", height=1000),
    Picture("rooms", "/rooms", "rooms.title"),
    Picture("refills", "/refills", "refills.title", height=1000),
    Picture("stock", "/stock", "stock.title"),
    Picture("custody", "/custody", "custody.title"),
    Picture("thresholds", "/thresholds", "tuning.title", height=1000),
    Picture("performance", "/models", "performance.title"),
    Picture("comparison", "/comparison", "comparison.title"),
    Picture("features", "/features", "features.title"),
    Picture("quality", "/quality", "quality.title"),
    Picture("model-files", "/model-files", "models.title", "administrator"),
    Picture("jobs", "/jobs", "jobs.title", "administrator"),
    Picture("requests", "/requests", "requests.title", "administrator"),
    Picture("redis", "/redis", "redis.title", "administrator", height=1000),
    Picture("cache", "/cache", "cache.title", "administrator", height=1000),
    Picture("backups", "/backups", "backups.title", "administrator"),
    Picture("archive", "/archive?metric=stok_seviye", "archive.title", "administrator", height=1000),
    Picture("memory", "/memory", "memory.title", "administrator"),
    Picture("queries", "/queries", "queries.title", "administrator", height=1000),
    Picture("profiler", "/profiler", "profiler.title", "administrator", height=1000),
    Picture("configuration", "/configuration?shown=editable", "configuration.title", "administrator", height=1000),
    Picture("logs", "/logs", "logs.title", "administrator"),
    Picture("audit", "/audit", "audit.title", "administrator"),
    Picture("users", "/users", "users.title", "administrator"),
    Picture("account", "/account", "account.title", "administrator", height=1000),
    Picture("password", "/password", "password.title", "administrator", height=420),
)


def referenced(text: str, language: str) -> list[str]:
    """The names of the pictures that a guide shows."""
    return re.findall(rf"!\[[^\]]+\]\(images/{language}/([\w-]+)\.png\)", text)


def headings(text: str) -> list[str]:
    return [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]


def kept(png: bytes, path: Path) -> None:
    """A picture as a palette PNG: screens have few colours, and the repository stays small."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
