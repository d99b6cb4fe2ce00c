"""What the screen of thresholds looks at: hotel, metric type, check, part of it, period; the address holds all."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import reads
from pages.shell.filters import ALL, choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.hotels import choose_hotel
from pages.shell.text import muted
from pages.shell.threshold_words import check_name, metric_name, segment_name

if TYPE_CHECKING:
    from reports.thresholds import Check, Segment, Tuning

PERIODS = {"30d": 30, "60d": 60, "7d": 7}
WIDTHS = {"metric": 180, "check": 250}  # so that all stand in one row


@dataclass(frozen=True)
class Chosen:
    """One check of one hotel, perhaps a part of it, over some days."""

    hotel_id: int
    tuning: "Tuning"
    check: "Check"
    segment: "Segment | None"
    days: int


def choose_check(page: Page) -> tuple[Page, Chosen]:
    """One row of filters; stops with advice where nothing has been judged yet."""
    t = page.t
    with filter_row(t("shell.filters")):
        page, hotel = choose_hotel(page)
        tuning = reads.tuning(page, hotel.id)
        if not tuning.checks:
            st.info(f"**{t('tuning.empty_title')}**  \n{t('tuning.empty_text')}", icon=":material/tune:")
            st.stop()
        period = choose_one("period", list(PERIODS), t("tuning.period"), lambda code: t(f"tuning.period_{code}"))
        alerts = reads.alerts_by_check(page, hotel.id, PERIODS[period])
        metric_type = choose_one(
            "metric", tuning.metric_types, t("tuning.metric"), lambda name: metric_name(t, name), width=WIDTHS["metric"]
        )
        checks = tuning.of(metric_type)
        family = choose_one(
            "check", list(checks), t("tuning.check"), width=WIDTHS["check"],
            show=lambda name: t(
                "tuning.with_alerts", check=check_name(t, name), alerts=alerts.get((metric_type, name), 0)
            ),
        )  # fmt: skip
        parts = {segment.code: segment for segment in checks[family].segments}
        part = ALL
        if parts:
            part = choose_one("part", [ALL, *parts], t("tuning.segment"), lambda code: segment_name(t, parts.get(code)))
    return page, Chosen(hotel.id, tuning, checks[family], parts.get(part), PERIODS[period])


def about(page: Page, chosen: Chosen) -> None:
    """How busy the check is."""
    muted(page.t("tuning.tests", tests=page.t.number(chosen.check.tests_per_day, 0)))
