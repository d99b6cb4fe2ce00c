"""Filters and panels of the Redis page: its state, memory, keys, comparison, slow commands, connections."""

from typing import TYPE_CHECKING

import streamlit as st

from core.embedded.valkey import READER, READER_RULES
from operations.redis.service import AGO, PERIODS
from pages.shell import redis_words as words
from pages.shell.console import ratio
from pages.shell.consumption_tables import downloads, folded_sheet, show_sheet
from pages.shell.filters import choose_one, filter_row
from pages.shell.folding import when_open
from pages.shell.guard import Page
from pages.shell.session import browser_theme
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain
from reports.figures.redis import MemoryLabels, memory_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.redis.service import ServerStatus


def filters(page: Page) -> tuple[str, str]:
    """The period of the chart and what now is compared with; their state is the address."""
    t = page.t
    with filter_row(t("shell.filters")):
        period = choose_one("period", list(PERIODS), t("consumption.period"), lambda one: t(f"redis.period_{one}"))
        ago = choose_one("ago", list(AGO), t("redis.compared_with"), lambda one: t(f"redis.ago_{one}"))
    return period, ago


def state(page: Page, found: "ServerStatus") -> None:
    """Red while the server is away or refuses to write, with since when, why, and what goes on without it."""
    t, look = page.t, found.look
    begun = found.since or page.now
    since = t("redis.since", at=begun, length=t.length(max((page.now - begun).total_seconds(), 1.0)))
    if look.state in ("down", "refusing"):
        told = [f"**{plain(t(f'redis.is_{look.state}', since=since))}**", plain(t(f"redis.reason_{look.reason}"))]
        told.append(plain(t("redis.without")))
        if look.state == "down" and found.last:
            told.append(plain(t("redis.last_answer", at=found.last.sampled_at)))
        st.error("  \n".join(told), icon=":material/error:")
    elif look.state == "slow":
        st.warning(plain(t("redis.is_slow", since=since, ms=_milliseconds(page, found))), icon=":material/hourglass:")
    else:
        st.success(plain(t("redis.is_up", since=since, ms=_milliseconds(page, found))), icon=":material/check_circle:")
    _about(page, found)


def _milliseconds(page: Page, found: "ServerStatus") -> str:
    return page.t.value(1000 * (found.look.answer_seconds or 0.0))


def _about(page: Page, found: "ServerStatus") -> None:
    t, figures, address = page.t, found.look.figures, page.services.redis.address
    if figures is None:
        muted(t("redis.at", address=address))
        return
    role = t(f"redis.role_{figures.role}")
    muted(t("redis.about", product=figures.product, version=figures.version, role=role, address=address,
            uptime=t.length(figures.uptime_seconds), policy=figures.policy or "–",
            commands=figures.commands_per_second))  # fmt: skip
    if found.look.reads_only:
        muted(t("redis.reads_only", user=READER))
    else:
        when_open(t("redis.not_reads_only"), "open_redis_reader", lambda: _how_to_read_only(page))


def _how_to_read_only(page: Page) -> None:
    """What turns it on, to copy."""
    st.markdown(plain(page.t("redis.make_reader")))
    st.code(f"ACL SETUSER {READER} on >PASSWORD {READER_RULES}", language=None, wrap_lines=True)
    st.code(f"REDIS_READER_URL=redis://{READER}:PASSWORD@{page.services.redis.address}/0", language=None)


def key_figures(page: Page, found: "ServerStatus") -> None:
    """Nothing while the server is away: a figure of then would look like one of now."""
    t, figures = page.t, found.look.figures
    if figures is None:
        return
    with st.container(horizontal=True):
        st.metric(t("redis.memory"), words.memory(t, figures), border=True, help=plain(_memory_help(page, found)))
        st.metric(t("redis.keys"), t.number(figures.keys), border=True)
        st.metric(
            t("redis.hit_rate"), ratio(t, found.lately_ratio), border=True,
            help=plain(t("redis.hit_rate_help", share=ratio(t, figures.hit_ratio))),
        )  # fmt: skip
        st.metric(t("redis.evicted"), t.number(figures.evicted), border=True, help=plain(t("redis.evicted_help")))
        clients = t("redis.clients_help", blocked=figures.blocked_clients, rejected=figures.rejected_connections)
        st.metric(t("redis.clients"), t.number(figures.clients), border=True, help=plain(clients))


def _memory_help(page: Page, found: "ServerStatus") -> str:
    t, figures = page.t, found.look.figures
    peak = words.megabytes(t, figures.peak_bytes if figures else None)
    machine = words.megabytes(t, figures.machine_bytes if figures else None)
    return t("redis.memory_help", peak=peak, machine=machine)


def memory(page: Page, found: "ServerStatus", period: str) -> None:
    """Memory over the period, from the samples: while the server is away too; and when it will be full."""
    t = page.t
    frame = page.services.redis.course(page.scope, period)
    st.header(t("redis.memory_over_time"), anchor=False)
    labels = MemoryLabels(t("redis.used"), t("redis.limit"), t("redis.state_down"), t("redis.megabytes"))
    figure = memory_figure(frame, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key="redis_memory", alt=t("redis.memory_over_time"))
    coming = found.forecast
    if coming is not None:
        a_day = words.megabytes(t, coming.bytes_per_day)
        full_at = t.instant(coming.full_at) if coming.full_at else "–"
        text = plain(t(f"redis.forecast_{coming.verdict}", a_day=a_day, full_at=full_at))
        if coming.verdict in ("growing", "at_limit"):
            st.warning(text, icon=":material/trending_up:")
        else:
            st.markdown(text)
    folded_sheet(page, lambda: words.course_sheet(t, frame), "redis_course", config=instants(t, t("board.time")))


def keys(page: Page, found: "ServerStatus") -> None:
    """What kinds of keys there are, by memory, and those that live for ever."""
    t, survey, figures = page.t, found.look.survey, found.look.figures
    if survey is None or figures is None:
        return
    sheet = words.patterns_sheet(t, survey)
    st.header(sheet.name, anchor=False)
    if not survey.patterns:
        st.info(plain(t("redis.no_keys")), icon=":material/key_off:")
        return
    if not survey.is_complete:
        muted(t("redis.partly", seen=survey.looked_at, total=survey.total))
    share = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1, width=110)
    show_sheet(sheet, "redis_patterns", config={t("redis.share"): share})
    downloads(page, [sheet], "redis-keys", None)
    if survey.lasting:
        names = survey.lasting
        label = t("redis.lasting", count=figures.keys_without_ttl)
        when_open(label, "open_redis_lasting", lambda: _list(names))
    else:
        muted(t("redis.none_lasting"))


def _list(names: list[str]) -> None:
    st.markdown("  \n".join(plain(name) for name in names))


def comparison(page: Page, found: "ServerStatus", ago: str) -> None:
    """Now against a snapshot; when there is none that old, since when there are snapshots."""
    t = page.t
    if found.look.figures is None:
        return
    compared = page.services.redis.compare(page.scope, ago, found.look)
    st.header(t("redis.comparison"), anchor=False)
    if compared.before_at is None:
        oldest = t.instant(compared.oldest_at or page.now)
        st.info(plain(t("redis.no_snapshot", oldest=oldest)), icon=":material/history:")
        return
    muted(t("redis.against", at=compared.before_at))
    if compared.restarted:
        st.warning(plain(t("redis.restarted")), icon=":material/restart_alt:")
    sheets = [words.comparison_sheet(t, compared), words.changes_sheet(t, compared)]
    for name, sheet in zip(("redis_compared", "redis_changes"), sheets, strict=True):
        show_sheet(sheet, name)
    downloads(page, sheets, "redis-comparison", None)


def slow_commands(page: Page, found: "ServerStatus") -> None:
    """The server's own slow log."""
    t, commands = page.t, found.look.slow_commands
    if commands is None:
        return
    sheet = words.slow_sheet(t, commands)
    st.header(sheet.name, anchor=False)
    if not commands:
        st.markdown(plain(t("redis.no_slow")))
        return
    show_sheet(sheet, "redis_slow", config=instants(t, t("requests.ended"), seconds=True))
    downloads(page, [sheet], "redis-slow-log", None)


def clients(page: Page, found: "ServerStatus") -> None:
    """Who is connected."""
    if found.look.clients is not None:
        listed = found.look.clients
        st.header(page.t("redis.clients"), anchor=False)
        folded_sheet(page, lambda: words.clients_sheet(page.t, listed), "redis_clients")
