"""The Redis server in words, and the tables of its page."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.i18n import Translator, digits_of
from pages.shell.consumption_tables import rounded, rows_of
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.redis.figures import ServerFigures
    from operations.redis.looking import Client, SlowCommand
    from operations.redis.service import Comparison
    from operations.redis.survey import Survey

KILOBYTE, MEGABYTE = 1024, 1024 * 1024
COMPARED = ("used", "keys", "hits", "misses", "evicted", "expired", "clients")


def megabytes(t: Translator, value: float | None) -> str:
    return "–" if value is None else t("models.megabytes", value=_number(t, value / MEGABYTE))


def _number(t: Translator, value: float) -> str:
    return t.number(value, digits_of(value))


def memory(t: Translator, figures: "ServerFigures") -> str:
    """Used, of how much, in percent; without a limit only used."""
    used = megabytes(t, figures.used_bytes)
    if figures.limit_bytes is None or figures.used_ratio is None:
        return used
    return t("redis.of_limit", used=used, limit=megabytes(t, figures.limit_bytes), share=t.percent(figures.used_ratio))


def patterns_sheet(t: Translator, found: "Survey") -> Sheet:
    """One row a pattern, the heaviest first."""
    columns = [
        Column(t("redis.pattern")), Column(t("redis.keys"), "whole"), Column(t("redis.kilobytes"), "decimal"),
        Column(t("redis.share"), "percent"), Column(t("redis.without_ttl"), "whole"),
    ]  # fmt: skip
    total = sum(one.bytes for one in found.patterns)
    rows = [
        (one.pattern, one.keys, one.bytes / KILOBYTE, one.bytes / total if total else None, one.without_ttl)
        for one in found.patterns
    ]
    return rounded(t("redis.patterns"), columns, rows)


def comparison_sheet(t: Translator, found: "Comparison") -> Sheet:
    """Figures of the server at both times."""
    columns = [Column(t("redis.figure")), Column(t("redis.before")), Column(t("redis.now")), Column(t("redis.change"))]
    before, now = found.before, found.now
    rows: list[tuple[Any, ...]] = []
    for name in COMPARED if before and now else ():
        attribute = "used_bytes" if name == "used" else name
        old, new = getattr(before, attribute), getattr(now, attribute)
        show = megabytes if name == "used" else _whole
        rows.append((t(f"redis.{name}"), show(t, old), show(t, new), _signed(t, new - old, show)))
    return rounded(t("redis.comparison"), columns, rows)


def changes_sheet(t: Translator, found: "Comparison") -> Sheet:
    """Patterns at both times, the largest difference first."""
    columns = [
        Column(t("redis.pattern")), Column(t("redis.keys_before"), "whole"), Column(t("redis.keys_now"), "whole"),
        Column(t("redis.kilobytes_before"), "decimal"), Column(t("redis.kilobytes_now"), "decimal"),
        Column(t("redis.kilobytes_change"), "decimal"),
    ]  # fmt: skip
    rows = [
        (
            one.pattern, one.keys_before, one.keys_now, one.bytes_before / KILOBYTE, one.bytes_now / KILOBYTE,
            (one.bytes_now - one.bytes_before) / KILOBYTE,
        )
        for one in found.patterns
    ]  # fmt: skip
    return rounded(t("redis.changes"), columns, rows)


def slow_sheet(t: Translator, found: "Sequence[SlowCommand]") -> Sheet:
    """One row a command, the newest first."""
    columns = [
        Column(t("requests.ended"), "instant"), Column(f"{t('requests.duration')} ({t('requests.ms')})", "decimal"),
        Column(t("redis.command")), Column(t("redis.client")),
    ]  # fmt: skip
    rows = [(datetime.fromtimestamp(one.started_at, UTC), one.seconds * 1000, one.command, one.client) for one in found]
    return rounded(t("redis.slow_log"), columns, rows)


def clients_sheet(t: Translator, found: "Sequence[Client]") -> Sheet:
    """One row a connection."""
    columns = [
        Column(t("redis.address")), Column(t("redis.name")), Column(t("requests.user")),
        Column(t("redis.last_command")), Column(t("redis.age_seconds"), "whole"),
        Column(t("redis.idle_seconds"), "whole"), Column(t("redis.kilobytes"), "decimal"),
    ]  # fmt: skip
    rows = [
        (
            one.address, one.name or None, one.user or None, one.last_command, one.age_seconds, one.idle_seconds,
            one.bytes / KILOBYTE,
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("redis.clients"), columns, rows)


def course_sheet(t: Translator, frame: Any) -> Sheet:
    """One row a step of the chart."""
    columns = [
        Column(t("board.time"), "instant"), Column(t("redis.megabytes"), "decimal"), Column(t("redis.keys"), "whole"),
        Column(t("redis.state")),
    ]  # fmt: skip
    rows = [
        (row.at.to_pydatetime(), row.used_bytes / MEGABYTE, row.keys, _was(t, row.was_down)) for row in rows_of(frame)
    ]
    return rounded(t("redis.memory"), columns, rows)


def _was(t: Translator, was_down: Any) -> str | None:
    return t("redis.state_down" if was_down else "redis.state_up") if isinstance(was_down, bool) else None


def _whole(t: Translator, value: float) -> str:
    return t.number(value, 0)


def _signed(t: Translator, value: float, show: Callable[[Translator, float], str]) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + show(t, abs(value))
