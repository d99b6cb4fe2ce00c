"""Sources of the Data quality page: what came, how complete and fresh, and which alerts are unknown because of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.i18n import Translator
from pages.shell import reads
from pages.shell.guard import Page
from pages.shell.quality_words import metric
from pages.shell.sentences import amount
from pages.shell.session import is_phone
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.sources.service import SourceRow, Unknown


def sources(page: Page, hotel_id: int) -> None:
    """One row a source, over the last days."""
    t, found = page.t, reads.source_quality(page, hotel_id)
    st.subheader(t("sources.title", count=found.days), anchor=False)
    columns: dict[str, Callable[[SourceRow], str]] = {
        t("sources.rows"): lambda row: t.number(row.rows),
        t("sources.days"): lambda row: t("sources.of", part=row.days, whole=found.days),
        t("sources.entities"): lambda row: _entities(t, row),
        t("sources.missing"): lambda row: _missing(t, row),
        t("sources.duplicates"): lambda row: t.number(row.duplicates) if row.rows else "–",
        t("sources.last"): lambda row: t.instant(row.last_at) if row.last_at else t("sources.never"),
        t("sources.recorded"): lambda row: _age(page, row),
    }
    if is_phone():
        for row in found.sources:
            said = " · ".join(f"{name}: {plain(tell(row))}" for name, tell in columns.items())
            st.markdown(f"**{plain(t(f'sources.name_{row.source}'))}**  \n:small[{said}]")
    else:
        names = {t("sources.source"): [plain(t(f"sources.name_{row.source}")) for row in found.sources]}
        told = {name: [plain(tell(row)) for row in found.sources] for name, tell in columns.items()}
        st.table(names | told, border="horizontal", hide_index=True)
    muted(t("sources.help"))


def unknowns(page: Page, hotel_id: int) -> None:
    """What cannot be raised nor ruled out, and which source would tell."""
    t, found = page.t, reads.source_quality(page, hotel_id)
    st.subheader(t("sources.unknown_title"), anchor=False)
    if not found.unknowns:
        muted(t("sources.nothing_unknown") if found.days else t("shell.no_data_yet"))
        return
    rows = found.unknowns
    st.table(
        {
            t("sources.alerts"): [
                plain(", ".join(t(f"alert_type.{name}") for name in row.alert_types)) for row in rows
            ],
            t("quality.metric"): [plain(metric(t, row.metric_type)) for row in rows],
            t("sources.because"): [plain(_because(t, row)) for row in rows],
            t("sources.days"): [_part(t, row.days, row.of_days) for row in rows],
            t("sources.rooms"): [_part(t, row.rooms, row.of_rooms) for row in rows],
        },
        border="horizontal",
        hide_index=True,
    )
    muted(t("sources.unknown_help"))


def _because(t: Translator, row: "Unknown") -> str:
    return t(f"sources.because_{row.reason}", source=t(f"sources.name_{row.source}"))


def _part(t: Translator, part: int | None, whole: int | None) -> str:
    if part is None:
        return "–"
    return amount(t, part) if whole is None else t("sources.of", part=part, whole=whole)


def _entities(t: Translator, row: "SourceRow") -> str:
    return t(f"sources.entities_{row.source}", part=row.entities, whole=row.entities_known)


def _missing(t: Translator, row: "SourceRow") -> str:
    if not row.cells:
        return "–"
    return t("sources.share", share=t.percent(row.missing / row.cells), number=row.missing)


def _age(page: Page, row: "SourceRow") -> str:
    if row.recorded_at is None:
        return page.t("sources.never")
    return page.t.ago(max((page.now - row.recorded_at).total_seconds(), 1.0))
