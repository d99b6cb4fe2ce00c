"""Silences: what is kept from the board, since when, why, and how many alerts each hides (A5.8)."""

import streamlit as st

from pages.shell import navigation, reads
from pages.shell.attempt import attempted
from pages.shell.guard import Page, open_page
from pages.shell.hotels import choose_hotels
from pages.shell.live import rerun_when_changed
from pages.shell.sentences import actor
from pages.shell.silence_words import state, times, what
from pages.shell.text import muted, plain
from pipeline.alerts.silences.service import SilenceRow


def card(page: Page, row: SilenceRow) -> None:
    t = page.t
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap="xxsmall"):
            st.markdown(f"{state(page, row)} **{plain(what(page, row))}**")
            muted(
                " · ".join(
                    part
                    for part in (
                        t("silence.period", start=t.instant(row.starts_at), end=t.instant(row.ends_at)),
                        times(t, row),
                        t("silence.hidden", count=row.hidden),
                        row.reason,
                        t("silence.by", who=actor(t, row.created_by)),
                        t("silence.lifted", who=actor(t, row.lifted_by)) if row.lifted_at else "",
                    )
                    if part
                )
            )
        if row.lifted_at is None and row.ends_at > page.now and page.scope.allows("alerts.triage"):
            lift(page, row)


def lift(page: Page, row: SilenceRow) -> None:
    """End it: what it hid is shown again."""
    service = page.services.alerts.silences
    is_wanted = st.button(page.t("silence.lift"), key=f"lift_silence_{row.id}", icon=":material/notifications_active:")
    if is_wanted and attempted(page, lambda: service.lift(page.scope, row.id)):
        st.rerun()


def show() -> None:
    page = open_page("alerts.read")
    st.page_link(navigation.BOARD, label=page.t("board.back"), icon=":material/arrow_back:")
    st.title(page.t("silence.title"), anchor=False)
    page, hotels = choose_hotels(page)
    muted(page.t("silence.help"))
    rows = reads.silences(page, tuple(hotel.id for hotel in hotels))
    if not rows:
        st.info(f"**{page.t('silence.empty_title')}**  \n{page.t('silence.empty_text')}", icon=":material/volume_up:")
    for row in rows:
        card(page, row)
    rerun_when_changed(reads.version(page, "alerts"), lambda: reads.version(page, "alerts"))


if __name__ == "__main__":
    show()
