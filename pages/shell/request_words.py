"""Endpoints, durations and errors in words, and the tables of the Requests page."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.i18n import Translator
from operations.requests.recorder import UNKNOWN_ROUTE
from pages.shell.consumption_tables import rounded, rows_of
from pages.shell.navigation import TABLE
from pages.shell.page_runs import SIGN_IN
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.requests.service import Endpoint, Figures, RecentRow

TITLES = {entry.url_path: entry.title for entries in TABLE.values() for entry in entries}
FIRST = next(iter(TITLES.values()))  # the page at the root


def code(endpoint: "Endpoint") -> str:
    """How an endpoint stands in the address of the screen."""
    return f"{endpoint.method or endpoint.kind} {endpoint.route}"


def name(t: Translator, endpoint: "Endpoint") -> str:
    if endpoint.kind == "api":
        route = t("requests.unknown") if endpoint.route == UNKNOWN_ROUTE else endpoint.route
        return f"{endpoint.method} {route}"
    title = page_title(t, endpoint.route) or t(FIRST)
    return t("requests.part_of", page=title) if endpoint.kind == "fragment" else title


def page_title(t: Translator, route: str) -> str | None:
    """What stands above the page at a route; None where there is no such page."""
    if route in (SIGN_IN, UNKNOWN_ROUTE):
        return t("requests.sign_in" if route == SIGN_IN else "requests.unknown")
    title = FIRST if route == "/" else TITLES.get(route.removeprefix("/"))
    return None if title is None else t(title)


def milliseconds(t: Translator, seconds: float | None) -> str:
    return "–" if seconds is None else t("models.milliseconds", value=_milliseconds(seconds))


def error_rate(t: Translator, figures: "Figures") -> str:
    return "–" if figures.error_ratio is None else t.percent(figures.error_ratio, 1)


def verdict(t: Translator, figures: "Figures") -> str:
    """Colour never speaks alone."""
    return t("requests.above" if figures.is_failing else "requests.fine")


def _milliseconds(seconds: float | None) -> float | None:
    """With the digits that a histogram can vouch for."""
    return None if seconds is None else float(f"{1000 * seconds:.3g}")


def _measured(title: str, unit: str) -> Column:
    return Column(f"{title} ({unit})", "decimal")


def endpoints_sheet(t: Translator, endpoints: "Mapping[Endpoint, Figures]", is_api: bool) -> Sheet:
    """One row an endpoint, the busiest first."""
    unit = t("requests.ms")
    columns = [
        Column(t("requests.endpoint" if is_api else "requests.page")), Column(t("requests.state")),
        Column(t("requests.count"), "whole"), Column(t("requests.error_rate"), "percent"),
        *(_measured(title, unit) for title in (t("requests.mean"), "p50", "p95", "p99", t("requests.longest"))),
        Column(t("requests.client_errors"), "whole"), Column(t("requests.server_errors"), "whole"),
        *([Column(t("requests.kilobytes_in"), "decimal"), Column(t("requests.kilobytes_out"), "decimal")]
          if is_api else []),
    ]  # fmt: skip
    rows = [
        (
            name(t, endpoint), verdict(t, one), one.requests, one.error_ratio, _milliseconds(one.mean_seconds),
            *(_milliseconds(one.quantile(share)) for share in (0.50, 0.95, 0.99)),
            _milliseconds(one.longest_seconds), one.client_errors, one.server_errors,
            *((one.bytes_in / 1024, one.bytes_out / 1024) if is_api else ()),
        )
        for endpoint, one in endpoints.items()
    ]  # fmt: skip
    return rounded(t("requests.endpoints" if is_api else "requests.pages"), columns, rows)


def recent_sheet(t: Translator, rows: "Sequence[RecentRow]") -> Sheet:
    """One row a request, the newest first."""
    columns = [
        Column(t("requests.ended"), "instant"), _measured(t("requests.duration"), t("requests.ms")),
        Column(t("requests.status"), "whole"), Column(t("requests.error")), Column(t("requests.user")),
        Column(t("requests.id")),
    ]  # fmt: skip
    written: list[tuple[Any, ...]] = [
        (row.ended_at, _milliseconds(row.seconds), row.status, row.error_code, row.actor, row.request_id)
        for row in rows
    ]
    return rounded(t("requests.recent"), columns, written)


def course_sheet(t: Translator, frame: Any) -> Sheet:
    """One row a step of the chart."""
    unit = t("requests.ms")
    columns = [
        Column(t("board.time"), "instant"), Column(t("requests.count"), "whole"), _measured("p50", unit),
        _measured("p95", unit),
    ]  # fmt: skip
    rows = [
        (row.at.to_pydatetime(), row.requests, 1000 * row.p50_seconds, 1000 * row.p95_seconds) for row in rows_of(frame)
    ]
    return rounded(t("requests.course"), columns, rows)
