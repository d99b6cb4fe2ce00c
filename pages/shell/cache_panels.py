"""Filters and panels of the Cache page: figures, course, namespaces, keys, content of one, delete and clear."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import AppError
from operations.cached_reads.keys import NAMESPACES, PERIODS
from pages.shell import cache_words as words
from pages.shell import navigation
from pages.shell.asking import ask, asked, asking, done
from pages.shell.attempt import attempted, refusal, refused
from pages.shell.console import ratio
from pages.shell.consumption_tables import downloads, folded_sheet, show_sheet
from pages.shell.filters import ALL, choose_one, filter_row, to_address
from pages.shell.guard import Page
from pages.shell.redis_words import megabytes
from pages.shell.sentences import sentence
from pages.shell.session import browser_theme
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain
from reports.figures.cache import hit_ratio_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.cached_reads.keys import CacheOverview, Content, Keys

KEY, TABLE, CLEAR = "key", "table_cache_keys", "clear_cache"
SHOWN_CHARACTERS = 20_000
UNREADABLE = "cache_entry_unreadable"  # nothing of it is shown, and it can be deleted all the same


def filters(page: Page) -> tuple[str, str | None]:
    """Period, and a namespace or None for all; their state is the address."""
    t = page.t
    with filter_row(t("shell.filters")):
        period = choose_one("period", list(PERIODS), t("consumption.period"), lambda one: t(f"requests.period_{one}"))
        namespace = choose_one(
            "namespace", [ALL, *NAMESPACES], t("cache.namespace"),
            lambda one: t("shell.all") if one == ALL else t(f"cache.namespace_{one}"),
        )  # fmt: skip
    return period, None if namespace == ALL else namespace


def key_figures(page: Page, found: "CacheOverview") -> None:
    """Of the period; without reads a dash, never a zero."""
    t, total = page.t, found.total
    with st.container(horizontal=True):
        st.metric(t("cache.hit_ratio"), ratio(t, total.hit_ratio), border=True, help=plain(t("cache.ratio_help")))
        for name in ("reads", "misses", "stale", "degraded"):
            value = t.number(getattr(total, name)) if total.reads else "–"
            st.metric(t(f"cache.{name}"), value, border=True, help=plain(t(f"cache.{name}_help")))
    if found.measured_since is None:
        st.info(plain(t("cache.never_read")), icon=":material/hourglass_empty:")
    else:
        muted(t("cache.since", at=found.measured_since))


def course(page: Page, period: str) -> None:
    t = page.t
    frame = page.services.cache.course(page.scope, period)
    if frame.empty:
        return
    st.header(t("cache.course"), anchor=False)
    span = (page.now - PERIODS[period].length, page.now)
    figure = hit_ratio_figure(frame, span, t("cache.percent"), t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key="cache_course", alt=t("cache.course"))
    folded_sheet(page, lambda: words.course_sheet(t, frame), "cache_course", config=instants(t, t("board.time")))


def namespaces(page: Page, found: "CacheOverview") -> None:
    sheet = words.namespaces_sheet(page.t, found)
    st.header(sheet.name, anchor=False)
    show_sheet(sheet, "cache_namespaces")
    downloads(page, [sheet], "cache-namespaces", None)


def look(page: Page, namespace: str | None) -> "Keys | None":
    """The keys; while Redis is away that is said, in red, and there are none to show."""
    read: list[Keys] = []
    error = refused(page, lambda: read.append(page.services.cache.keys(page.scope, namespace)))
    if error is not None:
        _away(page, error)
        return None
    return read[0]


def keys(page: Page, namespace: str | None, found: "Keys") -> None:
    """The keys, the content of the one that is chosen, and clearing."""
    t, chosen = page.t, _chosen(found)
    st.header(t("cache.keys"), anchor=False)
    if not found.keys and found.is_complete:  # nothing to choose, nothing to clear
        st.info(plain(t("cache.no_keys")), icon=":material/key_off:")
        return
    total = megabytes(t, found.bytes)
    muted(t("cache.total" if found.is_complete else "cache.total_at_least", count=len(found.keys), size=total))
    if page.scope.allows("cache.write"):
        _clearing(page, namespace)
    sheet = words.keys_sheet(t, found)
    show_sheet(
        sheet, TABLE, config=instants(t, t("cache.made_at")), selection_mode="single-row",
        on_select=partial(_row_to_address, [one.name for one in found.keys]),
    )  # fmt: skip
    downloads(page, [sheet], "cache-keys", None)
    if chosen:
        _content(page, chosen)


def _away(page: Page, error: AppError) -> None:
    t = page.t
    told = [
        f"**{plain(t('cache.away'))}**",
        plain(sentence(t, error.message_id, error.params)),
        plain(t("cache.goes_on")),
    ]
    st.error("  \n".join(told), icon=":material/error:")
    if page.scope.allows("redis.read"):
        st.page_link(navigation.REDIS, label=t("redis.title"), icon=":material/arrow_forward:")


def _chosen(found: "Keys") -> str | None:
    """The key in the address, where it is among the keys."""
    name = st.query_params.get(KEY)
    return next((one.name for one in found.keys if one.name == name), None)


def _row_to_address(names: list[str]) -> None:
    rows = st.session_state[TABLE].selection.rows
    to_address(**{KEY: names[rows[0]] if rows else None})


def _content(page: Page, name: str) -> None:
    """What is kept under a key, and the button that forgets it."""
    t, read = page.t, list["Content"]()
    st.subheader(plain(name), anchor=False)
    error = refused(page, lambda: read.append(page.services.cache.content(page.scope, name)))
    refusal(page, error)
    if error is not None and error.code != UNREADABLE:
        return
    for meta in (found.meta for found in read):
        muted(t("cache.described", what=meta.what, seconds=meta.fill_seconds, generation=meta.generation))
    is_meant = page.scope.allows("cache.write") and st.button(
        t("cache.delete"), key="delete_key", icon=":material/delete:"
    )
    if is_meant and attempted(page, lambda: page.services.cache.delete(page.scope, name)):
        to_address(key=None)
        st.rerun()
    for body in (found.body for found in read):
        st.code(body[:SHOWN_CHARACTERS], language="json", wrap_lines=True, height=320)
        if len(body) > SHOWN_CHARACTERS:
            muted(t("cache.shortened", shown=SHOWN_CHARACTERS, total=len(body)))


def _clearing(page: Page, namespace: str | None) -> None:
    """The button; which namespace is meant is chosen above."""
    if namespace is None:
        muted(page.t("cache.choose_namespace"))
        return
    if st.button(page.t("cache.clear"), key="clear", icon=":material/delete_sweep:"):
        ask(CLEAR, 0)
    if asked(CLEAR, 0):
        _clear_dialog(page, namespace)


def _clear_dialog(page: Page, namespace: str) -> None:
    t, cache, counted = page.t, page.services.cache, list[int]()

    @asking(t("cache.clear_title", namespace=t(f"cache.namespace_{namespace}")))
    def dialog() -> None:
        if not attempted(page, lambda: counted.append(cache.count(page.scope, namespace))):
            return
        st.markdown(plain(t("cache.will_hit", count=counted[-1])))
        is_meant = st.button(t("cache.clear"), key="really_clear", type="primary", icon=":material/delete_sweep:")
        if is_meant and attempted(page, lambda: counted.append(cache.clear(page.scope, namespace))):
            st.toast(t("cache.cleared", count=counted[-1]), icon=":material/delete_sweep:")
            done()

    dialog()
