"""Panels of the profiler: asking for a profile, the one that runs, and what one found."""

import json
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from operations.jobs.definitions import JOB_NAMES
from operations.profiler.service import KINDS, SECONDS, TARGETS
from pages.shell import profile_words as words
from pages.shell import session
from pages.shell.attempt import attempted
from pages.shell.consumption_tables import downloads, show_sheet
from pages.shell.filters import choose_one, switch, to_address
from pages.shell.guard import Page
from pages.shell.page_runs import fragment
from pages.shell.session import browser_theme
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain
from reports.figures.profile import FlameLabels, UsageLabels, flame_figure, usage_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.profiler.report import By
    from operations.profiler.service import Profile, ProfileRow

CHOSEN, WITH, TABLE, NOBODY = "profile", "with", "table_profiles", "none"
POLL_SECONDS = 1.0
BY = ("cpu", "elapsed")


def begin(page: Page, is_active: bool) -> None:
    """The form that asks for a profile; of a job, its next run, which can be asked for at once."""
    t = page.t
    if not page.scope.allows_everywhere("profiler.run"):
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            target = st.selectbox(
                t("profiler.target"), TARGETS, format_func=lambda one: t(f"profiler.target_{one}"), key="target",
                width=210,
            )  # fmt: skip
            kind = st.selectbox(
                t("profiler.kind"), KINDS, format_func=lambda one: t(f"profiler.kind_{one}"), key="kind", width=130
            )
            seconds = st.selectbox(
                t("profiler.for"), SECONDS, index=1, format_func=lambda one: t.length(one), key="seconds", width=150
            )
            job, hotel_id = _job(page) if target == "job" else (None, None)
            is_sent = st.button(
                t("profiler.begin"), type="primary", key="begin", disabled=is_active, icon=":material/timer:"
            )
        muted(t(f"profiler.told_{kind}"))
        command = partial(
            page.services.profiler.start, page.scope, target, seconds, kind, job_name=job, hotel_id=hotel_id
        )
        if is_sent and attempted(page, command):
            st.rerun()


def _job(page: Page) -> tuple[str, int | None]:
    """Which job, and in which hotel a run of it is asked for; none: the next run, wherever it is."""
    t = page.t
    job = st.selectbox(t("jobs.job"), JOB_NAMES, format_func=lambda one: t(f"job.{one}"), key="job", width=220)
    hotels = {hotel.id: hotel.name for hotel in page.services.hotels.listed(page.scope)}
    if not page.scope.allows("jobs.run"):
        return job, None
    hotel = st.selectbox(
        t("profiler.run_in"), [None, *hotels], format_func=lambda one: hotels[one] if one else t("profiler.next_run"),
        key="run_in", width=220,
    )  # fmt: skip
    return job, hotel


def running(page: Page, shown: "ProfileRow") -> None:
    """The profile that waits or runs, second by second; it goes on when nobody looks."""
    t = page.t

    def follow() -> None:
        now = page.services.profiler.listed(page.scope, 1)[0]
        if now.id != shown.id or not now.is_active:
            session.run_by_itself()
            to_address(**{CHOSEN: str(shown.id)})
            st.rerun(scope="app")
        with st.container(border=True):
            st.markdown(f":material/timer: **{plain(words.title(t, now))}** – {plain(words.state(t, now))}")
            measured = now.usage[-1]["seconds"] if now.usage else 0.0
            st.progress(min(measured / now.seconds, 1.0), t("profiler.progress", done=round(measured), all=now.seconds))
            _usage(page, now)
            if page.scope.allows_everywhere("profiler.run") and st.button(
                t("profiler.stop"), key="stop", icon=":material/stop:"
            ):
                attempted(page, lambda: page.services.profiler.stop(page.scope, now.id))

    fragment(follow, run_every=POLL_SECONDS)()


def _usage(page: Page, row: "ProfileRow") -> None:
    t = page.t
    with st.container(horizontal=True):
        for name, value in zip(("cpu", "memory", "disk"), words.used(t, row), strict=True):
            st.metric(t(f"profiler.{name}"), value, border=True, help=plain(t(f"profiler.{name}_help")))
    if row.usage:
        labels = UsageLabels(
            t("profiler.cpu"), t("profiler.memory"), t("profiler.percent"), t("redis.megabytes"), t("profiler.seconds")
        )
        figure = usage_figure(row.usage, labels, t, browser_theme())
        st.plotly_chart(figure, theme=None, config=CONFIG, key=f"usage_{row.id}", alt=t("profiler.usage"))


def found(page: Page, profile: "Profile") -> None:
    """What one profile says."""
    t, row = page.t, profile.row
    st.header(plain(words.title(t, row)), anchor=False)
    muted(words.about(t, row, profile.elapsed_seconds))
    if row.state == "failed":
        st.error(plain(words.state(t, row)), icon=":material/error:")
    elif row.kind == "time":
        _time(page, profile)
    else:
        _memory(page, profile)
    _usage(page, row)
    _take_along(page, profile)


def _time(page: Page, profile: "Profile") -> None:
    t = page.t
    by: By = (
        "cpu" if switch("by", BY, t("profiler.by_time"), lambda one: t(f"profiler.by_{one}")) == "cpu" else "elapsed"
    )
    whole, boxes = profile.seconds(by), profile.flame(by)
    muted(t(f"profiler.whole_{by}", seconds=t.number(whole, 2)))
    if boxes.empty:
        st.info(plain(t("profiler.idle")), icon=":material/bedtime:")
        return
    labels = FlameLabels(t("profiler.own"), t("profiler.library"), t("profiler.seconds"))
    figure = flame_figure(boxes, whole, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"flame_{by}", alt=t("profiler.flame"))
    st.subheader(t("profiler.hottest"), anchor=False)
    muted(t("profiler.calls_told"))
    sheet = words.functions_sheet(t, profile.hottest(by))
    show_sheet(sheet, f"table_functions_{by}")
    downloads(page, [sheet], "functions", None)


def _memory(page: Page, profile: "Profile") -> None:
    t, lines = page.t, profile.lines
    suspects = [line for line in lines if line.is_suspect]
    if suspects:
        named = "  \n".join(plain(f"{one.file}:{one.line}") for one in suspects[:5])
        st.warning(f"{plain(t('profiler.suspects', count=len(suspects)))}  \n{named}", icon=":material/water_drop:")
    elif profile.is_whole:
        st.success(t("profiler.no_suspect"), icon=":material/check_circle:")
    else:
        st.info(t("profiler.too_short"), icon=":material/hourglass:")
    if lines:
        sheet = words.lines_sheet(t, lines)
        show_sheet(sheet, "table_lines")
        downloads(page, [sheet], "lines", None)


def _take_along(page: Page, profile: "Profile") -> None:
    t, row, profiler = page.t, profile.row, page.services.profiler
    with st.container(horizontal=True):
        st.download_button(
            t("profiler.json"), lambda: json.dumps(profiler.exported(page.scope, row.id), default=str),
            f"profile-{row.id}.json", "application/json", key="profile_json", on_click="ignore",
            icon=":material/data_object:",
        )  # fmt: skip
        if row.state == "done" and row.kind == "time":
            st.download_button(
                t("profiler.speedscope"), lambda: json.dumps(profiler.speedscope(page.scope, row.id)),
                f"profile-{row.id}.speedscope.json", "application/json", key="profile_speedscope", on_click="ignore",
                icon=":material/local_fire_department:", help=plain(t("profiler.speedscope_help")),
            )  # fmt: skip
        if (
            page.scope.allows_everywhere("profiler.run")
            and st.button(t("profiler.delete"), key="delete", icon=":material/delete:")
            and attempted(page, lambda: profiler.delete(page.scope, row.id))
        ):
            to_address(**{CHOSEN: None, WITH: None})
            st.rerun()


def comparison(page: Page, profile: "Profile", kept: "list[ProfileRow]") -> None:
    """Against another one of time."""
    t = page.t
    others = {
        str(row.id): words.title(t, row)
        for row in kept
        if row.id != profile.row.id and row.kind == "time" and row.state == "done"
    }
    if profile.row.kind != "time" or profile.row.state != "done" or not others:
        return
    st.subheader(t("profiler.comparison"), anchor=False)
    names = {NOBODY: t("profiler.nobody"), **others}
    chosen = choose_one(WITH, list(names), t("profiler.compare_with"), names.__getitem__, width=420)
    if chosen == NOBODY:
        return
    by: By = "elapsed" if st.query_params.get("by") == "elapsed" else "cpu"
    changed = page.services.profiler.compare(page.scope, int(chosen), profile.row.id, by)
    sheet = words.changes_sheet(t, changed)
    show_sheet(sheet, "table_changes")
    downloads(page, [sheet], "profile-changes", None)


def chosen(kept: "list[ProfileRow]") -> int | None:
    """The one that the address names, else the newest that ended well."""
    named = st.query_params.get(CHOSEN)
    ids = [row.id for row in kept if not row.is_active and (named == str(row.id) or row.state == "done")]
    return next((one for one in ids if named == str(one)), next(iter(ids), None))


def kept_profiles(page: Page, kept: "list[ProfileRow]") -> None:
    """All that are kept; a row that is ticked is shown above."""
    t = page.t
    st.header(t("profiler.kept"), anchor=False)
    if not kept:
        st.info(f"**{t('profiler.empty_title')}**  \n{t('profiler.empty_text')}", icon=":material/timer:")
        return
    ids = [row.id for row in kept]
    key = f"{TABLE}_{ids[0]}"
    show_sheet(
        words.profiles_sheet(t, kept), key, config=instants(t, t("board.time")), selection_mode="single-row",
        on_select=partial(_row_to_address, key, ids),
    )  # fmt: skip


def _row_to_address(key: str, ids: list[int]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        to_address(**{CHOSEN: str(ids[rows[0]]), WITH: None})
