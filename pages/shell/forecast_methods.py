"""The back-test: every method on the same past weeks, the one in use beside seasonal naive and linear regression."""

import streamlit as st

from pages.shell import forecast_words as words
from pages.shell import reads
from pages.shell.filters import switch
from pages.shell.guard import Page
from pages.shell.session import is_phone
from pages.shell.text import muted, plain

HORIZONS = {"day": 1, "week": 7}


def method_table(page: Page, hotel_id: int) -> None:
    t = page.t
    st.markdown(f"**{t('forecasts.methods')}**")
    horizon = switch("ahead", list(HORIZONS), t("forecasts.ahead"), lambda one: t(f"forecasts.ahead_{one}"))
    found = reads.forecast_methods(page, hotel_id, HORIZONS[horizon])
    if not found.rows or found.measured_at is None:
        st.info(t("forecasts.no_backtest"), icon=":material/help:")
        return
    rows = found.rows
    columns = {
        t("forecasts.model"): [plain(t("forecasts.own_choice") if row.model is None else words.model(t, row.model))
                               for row in rows],
        t("forecasts.loss"): [t.number(row.loss, 2) for row in rows],
        t("forecasts.against_naive"): [plain(words.against(t, row.loss_ratio)) for row in rows],
        t("forecasts.coverage"): [t.percent(row.coverage) for row in rows],
    }  # fmt: skip
    if not is_phone():
        columns[t("forecasts.products")] = [t.number(row.products) for row in rows]
        columns[t(f"forecasts.judged_{horizon}s")] = [t.number(row.observations) for row in rows]
    st.table(columns, border="horizontal", hide_index=True)
    muted(t("forecasts.methods_note", at=found.measured_at, since=found.since_on, until=found.until_on))
