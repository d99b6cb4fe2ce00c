"""Parts of Models → Performance: what is in use and how right it is, the course of one metric type, trainings (C6)."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from operations.model_performance.service import FLOOR
from pages.shell import model_reads, training_words
from pages.shell.filters import switch
from pages.shell.folding import when_open
from pages.shell.guard import Page
from pages.shell.model_words import kind_name, milliseconds
from pages.shell.quality_words import of, share
from pages.shell.session import browser_theme, is_phone
from pages.shell.text import badge, muted, plain
from reports.figures.model_quality import ModelQualityLabels, model_quality_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.model_performance.service import MetricPerformance, ModelPerformance
    from pipeline.alerts.evaluation.service import EvaluationRow

SOURCES = ("verdicts", "planted")
FIGURES = ("precision", "recall", "f1", "accuracy", "pr_auc")
FLOORED = FIGURES[:4]  # SPEC C6 names these; an average precision is not on their scale
CHANNELS = ("isolation_forest", "autoencoder")


def figures(page: Page, found: "ModelPerformance") -> None:
    """How many rows were judged in a day, how many with a model's voice, how quickly, and since when."""
    t, judged, took = page.t, found.predictions, found.seconds_per_prediction
    with st.container(horizontal=True):
        st.metric(t("performance.judged"), t.number(judged.rows), width="content")
        st.metric(t("performance.by_model"), t.number(judged.by_model), width="content")
        told = t("quality.unknown") if took is None else milliseconds(t, took)
        st.metric(t("performance.took"), told, help=t("performance.took_help"), width="content")
        at = t("quality.unknown") if found.trained_at is None else t.instant(found.trained_at)
        st.metric(t("performance.trained"), at, width="content")


def table(page: Page, metrics: "tuple[MetricPerformance, ...]") -> None:
    """One line a metric type and source; what is below the floor stands out."""
    t = page.t
    st.header(t("quality.evaluations"), anchor=False)
    muted(t("performance.help", floor=t.percent(FLOOR)))
    lines = [(one, source) for one in metrics for source in SOURCES if source in one.measured]
    unmeasured = [one for one in metrics if not one.measured]
    if lines:
        rows = [one.measured[source] for one, source in lines]
        names = [plain(t(f"metric.{one.metric_type}")) for one, _ in lines]
        columns = _on_a_phone(page, names, rows) if is_phone() else _columns(page, names, rows)
        st.table(columns, border="horizontal", hide_index=True)
    if unmeasured:
        listed = ", ".join(t(f"metric.{one.metric_type}") for one in unmeasured)
        st.info(t("performance.not_measured", metrics=plain(listed)), icon=":material/help:")


def in_use(page: Page, metrics: "tuple[MetricPerformance, ...]") -> None:
    """Every model in use, since when it knows, whether it speaks, and how much it was asked in a day."""
    t = page.t
    lines = [(one, model) for one in metrics for model in one.in_use]
    with st.expander(t("models.in_use"), icon=":material/model_training:"):
        st.table(
            {
                t("quality.metric"): [plain(t(f"metric.{one.metric_type}")) for one, _ in lines],
                t("quality.model"): [plain(t(f"model_type.{model.model_type}")) for _, model in lines],
                t("models.version"): [plain(t("models.number", number=model.model_id)) for _, model in lines],
                t("models.learned"): [t.instant(model.trained_until) for _, model in lines],
                t("performance.voice"): [_voice(page, model.model_type, model.votes) for _, model in lines],
                t("performance.judged"): [t.number(one.predictions.rows) for one, _ in lines],
            },
            border="horizontal",
            hide_index=True,
        )


def course(page: Page, hotel_id: int, metric_type: str) -> None:
    """Precision and recall of one metric type over half a year, and when another version came into use."""
    t = page.t
    st.header(t("performance.course", metric=t(f"metric.{metric_type}")), anchor=False)
    found = model_reads.performance_history(page, hotel_id, metric_type)
    measured = [name for name in SOURCES if any(row.source == name for row in found.evaluations)]
    if not measured:
        st.info(t("quality.not_measured"), icon=":material/help:")
        return
    source = switch("source", measured, t("quality.source"), lambda name: t(f"quality.source_{name}"))
    rows = [row for row in found.evaluations if row.source == source]
    frame = found.frame(source)
    title = t("performance.chart", now=share(t, rows[-1].precision, of(rows[-1].intervals, "precision")))
    labels = ModelQualityLabels(
        t("quality.precision"), t("quality.recall"), t("performance.interval"),
        t("performance.floor", floor=t.percent(FLOOR)), t("performance.new_model"), FLOOR,
    )  # fmt: skip
    figure = model_quality_figure(frame, [at for at, _ in found.activations], labels, t, browser_theme())
    st.markdown(f"**{plain(title)}**")
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"quality_{metric_type}", alt=title)
    when_open(t("board.chart_table"), f"open_quality_{metric_type}", lambda: _history_table(page, frame, title))


def _history_table(page: Page, frame: Any, title: str) -> None:
    t = page.t
    st.dataframe(frame, hide_index=True, alt=title, column_config={
        "measured_at": st.column_config.DatetimeColumn(t("quality.measured"), timezone=t.time_zone),
        "precision": t("quality.precision"), "low": t("board.band_low"), "high": t("board.band_high"),
        "recall": t("quality.recall"),
    })  # fmt: skip


def trainings(page: Page, hotel_id: int, metric_type: str | None) -> None:
    """The newest attempt of each kind, or all of one metric type: what became of it, why, and how long it took."""
    t, rows = page.t, model_reads.trainings(page, hotel_id)
    st.header(t("quality.trainings" if metric_type is None else "training.all"), anchor=False)
    if metric_type is None:
        newest = {(row.metric_type, row.model_type): row for row in reversed(rows)}
        rows = sorted(newest.values(), key=lambda row: -row.id)
    else:
        rows = [row for row in rows if row.metric_type == metric_type]
    if not rows:
        st.info(t("training.none"), icon=":material/model_training:")
        return
    details = {
        t("training.found"): [plain(training_words.found(t, row)) for row in rows],
        t("training.rows"): ["–" if row.row_count is None else t.number(row.row_count) for row in rows],
        t("jobs.duration"): [training_words.seconds(t, row) for row in rows],
    }
    kinds, begun = [plain(kind_name(t, row)) for row in rows], [t.instant(row.started_at) for row in rows]
    states = [training_words.state(t, row) for row in rows]
    if is_phone():
        told = [f"{kind}  \n:small[{at}]" for kind, at in zip(kinds, begun, strict=True)]
        st.table({t("models.kind"): told, t("quality.state"): states}, border="horizontal", hide_index=True)
        return
    st.table(
        {
            t("jobs.started"): begun,
            t("models.kind"): kinds,
            t("quality.state"): states,
            t("quality.reason"): [plain(training_words.reason(t, row)) for row in rows],
            **details,
        },
        border="horizontal",
        hide_index=True,
    )


def _columns(page: Page, names: list[str], rows: "list[EvaluationRow]") -> dict[str, list[str]]:
    t = page.t
    return {
        t("quality.metric"): names,
        t("quality.source"): [_source(page, row) for row in rows],
        **{t(f"quality.{name}"): [_figure(page, row, name) for row in rows] for name in FIGURES},
        t("quality.sample"): [t.number(row.labelled) for row in rows],
        t("quality.measured"): [t.instant(row.measured_at) for row in rows],
    }


def _on_a_phone(page: Page, names: list[str], rows: "list[EvaluationRow]") -> dict[str, list[str]]:
    """Two columns: what was measured with what, and precision and recall below each other."""
    t = page.t
    told = ["  \n".join(f"{t(f'quality.{name}')} {_figure(page, row, name)}" for name in FIGURES[:2]) for row in rows]
    whats = [f"{name}  \n:small[{_source(page, row)}]" for name, row in zip(names, rows, strict=True)]
    return {t("quality.metric"): whats, t("performance.figures"): told}


def _source(page: Page, row: "EvaluationRow") -> str:
    name = "injected" if (row.details or {}).get("injected") else row.source
    return plain(page.t(f"quality.source_{name}"))


def _figure(page: Page, row: "EvaluationRow", name: str) -> str:
    """A share with its interval; red below the floor, where something was measured."""
    value = getattr(row, name)
    said = share(page.t, value, of(row.intervals, name))
    is_low = name in FLOORED and value is not None and value < FLOOR
    return badge(said, "red", ":material/trending_down:") if is_low else plain(said)


def _voice(page: Page, model_type: str, votes: bool) -> str:
    t = page.t
    if model_type not in CHANNELS:
        return plain(t("performance.voice_base"))
    return plain(t("performance.voice_yes" if votes else "performance.voice_no"))
