"""The tables of the Cache page."""

from typing import TYPE_CHECKING, Any

from core.i18n import Translator
from pages.shell.consumption_tables import rounded, rows_of
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.cached_reads.keys import CacheOverview, Keys

KILOBYTE = 1024


def namespaces_sheet(t: Translator, found: "CacheOverview") -> Sheet:
    """One row a namespace; without reads its hit ratio is not known."""
    columns = [
        Column(t("cache.namespace")), Column(t("cache.reads"), "whole"), Column(t("cache.hit_ratio"), "percent"),
        Column(t("cache.hits"), "whole"), Column(t("cache.stale"), "whole"), Column(t("cache.shared"), "whole"),
        Column(t("cache.misses"), "whole"), Column(t("cache.degraded"), "whole"),
    ]  # fmt: skip
    rows = [
        (
            t(f"cache.namespace_{name}"), sums.reads, sums.hit_ratio, sums.hits, sums.stale, sums.shared, sums.misses,
            sums.degraded,
        )
        for name, sums in found.namespaces.items()
    ]  # fmt: skip
    return rounded(t("cache.by_namespace"), columns, rows)


def keys_sheet(t: Translator, found: "Keys") -> Sheet:
    """One row a key, the largest first."""
    columns = [
        Column(t("cache.what")), Column(t("cache.namespace")), Column(t("redis.kilobytes"), "decimal"),
        Column(t("cache.ttl"), "whole"), Column(t("cache.made_at"), "instant"), Column(t("cache.key")),
    ]  # fmt: skip
    rows = [
        (one.what, one.namespace, one.bytes / KILOBYTE, one.ttl_seconds, one.made_at, one.name) for one in found.keys
    ]
    return rounded(t("cache.keys"), columns, rows)


def course_sheet(t: Translator, frame: Any) -> Sheet:
    """One row a step and namespace."""
    columns = [
        Column(t("board.time"), "instant"), Column(t("cache.namespace")), Column(t("cache.reads"), "whole"),
        Column(t("cache.hit_ratio"), "percent"),
    ]  # fmt: skip
    rows = [
        (row.at.to_pydatetime(), t(f"cache.namespace_{row.namespace}"), row.reads, row.hit_ratio)
        for row in rows_of(frame)
    ]
    return rounded(t("cache.course"), columns, rows)
