"""P3-P5: what selection, interactions, the choice and the deep model are worth.

Each row of the table gives the seconds of one fit (reference: the fit on all stored columns) and, as its note, the
average precision (PR-AUC) on days that no fit and no choice has seen: planted events in the sample hotel's metrics with
seeds of its own, and the labels of the MS cloud series where they are present.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from core.scope import SYSTEM
from db.queries.features import read_features
from pipeline.detection.residual import RESIDUALS
from pipeline.features.engineer import Calendar, engineer
from pipeline.features.interaction import INTERACTIONS, column, polynomial
from pipeline.features.names import FEATURES
from pipeline.features.selection import auto_select
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from pipeline.training.autoencoder import fit_autoencoder
from pipeline.training.choice import Channel, choose, combined_evidence
from pipeline.training.isolation import fit_forest
from pipeline.training.planting import Residual, grid_of, planted_rows, sampled
from sources.simulation.service import SimulationService
from tests.benchmarks.report import Row
from tests.benchmarks.servers import fresh_database

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), UNTIL)
SEEDS = (901, 902)
METRICS = ("stok_seviye", "zimmet_kullanim", "tuketim_miktar", "dolum_sure")
ZONE = "Europe/Istanbul"
HELD_DAYS, WINDOW_DAYS = 14, 60
MSCLOUD = Path(__file__).resolve().parents[3] / "shared" / "data" / "series" / "mscloud.parquet"
MSCLOUD_FILES = 20
WARM_UP_RATIO = 0.4
RANDOM_SUBSETS = 5
ALERT_EVIDENCE = 4.0  # about what an alert needs


@dataclass
class Figures:
    """Of one variant over the data sets of one kind."""

    pr_auc: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    found: list[float] = field(default_factory=list)  # share of the labelled rows beyond ALERT_EVIDENCE
    false: list[float] = field(default_factory=list)  # of 1,000 other rows

    def add(self, labels: pd.Series, evidence: np.ndarray, seconds: float, columns: int) -> None:
        self.pr_auc.append(float(average_precision_score(labels, evidence)))
        self.seconds.append(seconds)
        self.columns.append(columns)
        planted, beyond = labels.to_numpy() == 1, evidence >= ALERT_EVIDENCE
        self.found.append(float(beyond[planted].mean()))
        self.false.append(1000.0 * float(beyond[~planted].mean()))


Table = dict[str, Figures]


def measure(
    table: Table, name: str, before: pd.DataFrame, judged: pd.DataFrame, names: tuple[str, ...], deep: bool = False
) -> None:
    """Fit one variant, alone and beside the detector's residual; the latter is what detection would use."""
    started = perf_counter()
    model: Channel = fit_autoencoder(before, names) if deep else fit_forest(before, names)
    seconds = perf_counter() - started
    labels, key = judged["label"], f"{name}, alone"
    table.setdefault(key, Figures()).add(labels, model.evidence(judged), seconds, len(names))
    if "residual" in judged:
        both = combined_evidence(judged, model)
        table.setdefault(f"{name} + residual", Figures()).add(labels, both, seconds, len(names))


def variants(table: Table, before: pd.DataFrame, judged: pd.DataFrame, older: pd.DataFrame, seed: int) -> None:
    """All columns, selected ones, with interactions, a random subset of the size of the selection; the deep model."""
    labels = older["label"].to_numpy()
    wide = older[list(FEATURES)].assign(**{name: column(older, name) for name in ("value", *INTERACTIONS)})
    selected, widest = auto_select(wide[list(FEATURES)], labels), auto_select(wide, labels)
    ranked = sorted(widest.kept, key=lambda name: -widest.scores["mutual_information"][name])
    measure(table, "all 26", before, judged, FEATURES)
    measure(table, "selected", before, judged, selected.kept)
    random = np.random.default_rng(seed)
    for _ in range(RANDOM_SUBSETS):
        subset = tuple(random.choice(FEATURES, len(selected.kept), replace=False).tolist())
        measure(table, "random, as many", before, judged, subset)
    measure(table, "selected + interactions", before, judged, widest.kept)
    rich = (*widest.kept, *polynomial(ranked))
    measure(table, "selected + interactions + polynomial", before, judged, rich)
    measure(table, "autoencoder on these", before, judged, rich, deep=True)


def hotel_tables() -> dict[str, Table]:
    """By metric type; the newest fortnight is judged, everything else lies before it."""
    tables: dict[str, Table] = {name: {} for name in METRICS}
    with fresh_database() as database:
        for seed in SEEDS:
            [hotel] = SimulationService(database).create(SYSTEM, 1, 120, 110, seed=seed, until=UNTIL)
            MetricsService(database).collect(SYSTEM, hotel, UNTIL)
            FeatureService(database).build(SYSTEM, hotel, UNTIL)
            for name in METRICS:
                with database.reading() as connection:
                    rows = read_features(connection, hotel, name, *EVER)
                hotel_figures(tables[name], rows, RESIDUALS.get(name, Residual()), seed)
    return tables


def hotel_figures(table: Table, rows: pd.DataFrame, residual: Residual, seed: int) -> None:
    grid = sampled(grid_of(rows, ZONE))
    first = grid.days - HELD_DAYS
    judged = planted_rows(grid, (first, grid.days), seed, residual)
    past = rows[rows["timestamp"] < grid.ends[first]]
    before = past[past["timestamp"] >= grid.ends[first - WINDOW_DAYS]]
    older = planted_rows(
        sampled(grid_of(past, ZONE)), (first - HELD_DAYS, first), seed + 1, Residual(kinds=residual.kinds)
    )
    if not (judged["label"].sum() and older["label"].sum()):
        return
    if residual.evidence is None:
        judged = judged.assign(residual=combined_evidence(judged, None))
    known = combined_evidence(judged, None)
    table.setdefault("residual alone (Z-Score)", Figures()).add(judged["label"], known, 0.0, 0)
    started = perf_counter()
    choice = choose(before, ZONE, UNTIL, residual)
    seconds = perf_counter() - started
    chosen: Channel | None = None
    if choice.kind == "isolation_forest":
        chosen = fit_forest(before, choice.names, parameters=choice.parameters)
    figures = table.setdefault("what the search chose + residual", Figures())
    figures.add(judged["label"], combined_evidence(judged, chosen), seconds, len(choice.names))
    variants(table, before, judged, older, seed)


def cloud_series() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Values and labels of some series, each with anomalies after its warm-up."""
    if not MSCLOUD.exists():
        return
    series = pd.read_parquet(MSCLOUD).groupby("file", sort=True)
    kept = [
        rows for _, rows in series if rows["label"].iloc[int(len(rows) * WARM_UP_RATIO) :].sum() and len(rows) < 6_000
    ]
    for position in np.unique(np.linspace(0, len(kept) - 1, MSCLOUD_FILES).astype(int)).tolist():
        yield kept[position]["value"].to_numpy(dtype=float), kept[position]["label"].to_numpy(dtype=int)


def cloud_table() -> Table:
    """One step is one point; the calendar says nothing. Selection learns from events planted into the warm-up."""
    table: Table = {}
    for number, (values, labels) in enumerate(cloud_series()):
        steps = np.arange(values.size)
        found = engineer(values[None], Calendar(np.zeros(steps.size), steps % 7.0, np.ones(steps.size)))[:, 0].T
        rows = pd.DataFrame(found, columns=list(FEATURES)).assign(value=values, label=labels)
        cut = int(values.size * WARM_UP_RATIO)
        ends = pd.date_range("2000-01-01", periods=cut, freq="D", tz="UTC")
        warm = grid_of(pd.DataFrame({"entity_id": 1, "timestamp": ends, "value": values[:cut]}), "UTC")
        older = planted_rows(warm, (cut // 2, cut), number)
        if older["label"].sum() >= 5:
            variants(table, rows.iloc[:cut], rows.iloc[cut:], older, number)
    return table


def as_rows(what: str, table: Table) -> list[Row]:
    """Means over the data sets, as lines of the benchmark table."""
    if not table:
        return []
    reference = float(np.mean(table["all 26, alone"].seconds))
    lines = []
    for name, figures in table.items():
        base = float(np.mean(table["residual alone (Z-Score)" if "residual" in name else "all 26, alone"].pr_auc))
        mean = float(np.mean(figures.pr_auc))
        note = (
            f"PR-AUC {mean:.3f} ({mean - base:+.3f}), {np.mean(figures.columns):.0f} columns; evidence ≥ "
            f"{ALERT_EVIDENCE:.0f}: {np.mean(figures.found):.0%} of planted, "
            f"{np.mean(figures.false):.1f} of 1,000 others"
        )
        lines.append(
            Row("P3-P5", f"{what}: {name}", float(np.mean(figures.seconds)), "fit on all 26", reference, "-", note)
        )
    return lines


def run() -> list[Row]:
    """The ablation of each metric type of the hotel, and of the cloud series."""
    lines = [line for name, table in hotel_tables().items() for line in as_rows(name, table)]
    return [*lines, *as_rows("MS cloud, real labels", cloud_table())]
