"""Detection on a hotel its authors did not make: ``python -m tests.benchmarks.other_hotel --seed 1 --rooms 400``."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context
from pipeline.detection.detectors import JUDGES
from pipeline.detection.evaluation.candidates import candidates
from pipeline.detection.handover import decided
from pipeline.detection.thresholds.settings import DetectionSettings
from pipeline.metrics.registry import METRIC_TYPES
from tests.benchmarks.other_hotel import references, report
from tests.benchmarks.other_hotel.install import Observed, live_alerts, observe
from tests.benchmarks.other_hotel.judging import Judgement, false_alerts, judge, match, named, worth_knowing
from tests.benchmarks.other_hotel.shape import Shape

USE = "tuketim_miktar"
FORECASTS = ("stok_bitis_tahmini",)  # tells what will be; nothing is planted for it


def detected(seen: Observed) -> pd.DataFrame:
    """Candidates of all judges on the collected rows, as ``evaluation.service`` makes them."""
    found = []
    for name, judge_of in JUDGES.items():
        if name in FORECASTS:
            continue
        metric = METRIC_TYPES[name]
        context = Context(
            seen.shape.time_zone, metric.alert_type, effect_gate_ratio=metric.effect_gate_ratio, hotel_id=seen.hotel_id
        )
        asked = DetectionSettings(seen.hotel_id, name)
        if len(seen.rows[name]):
            found.append(candidates(decided(judge_of.detect(seen.rows[name], context).families, asked), name))
    return named(pd.concat(found, ignore_index=True), seen.codes)


def as_candidates(seen: Observed, alerts: pd.DataFrame) -> pd.DataFrame:
    """Stored alerts in the form of candidates: an incident is dated by its first interval's last sight."""
    told = ~alerts["is_suppressed"].astype(str).isin(["True", "t"]) & ~alerts["metric_type"].isin(FORECASTS)
    kept = alerts[told].reset_index(drop=True)
    local = kept["last_seen_at"].dt.tz_convert(seen.shape.time_zone).dt.tz_localize(None)
    frame = kept.assign(
        family=kept["alert_type"], interval_start=kept["started_at"], timestamp=kept["last_seen_at"],
        margin=kept["score"].astype(float), alert=True, day=local.to_numpy(dtype="datetime64[D]").astype(np.int64),
    )  # fmt: skip
    for name in ("room_id", "product_id", "staff_id"):
        frame[name] = pd.to_numeric(frame[name]).astype(float)
    return named(frame, seen.codes)


def judged(seen: Observed, found: pd.DataFrame) -> Iterator[Judgement]:
    """Ours on everything and on consumption alone, then the references on consumption."""
    truth, room_days = seen.truth, float(seen.shape.rooms * seen.shape.days)
    use = truth[truth["metrics"].map(lambda names: USE in names)].reset_index(drop=True)
    mine = found[found["metric_type"] == USE].reset_index(drop=True)
    yield judge("all metric types", found, truth, room_days)
    yield judge("consumption", mine, use, room_days)
    yield judge("consumption, cells only", mine[mine["family"] == "cell"].reset_index(drop=True), use, room_days)
    rows, zone = seen.rows[USE], seen.shape.time_zone
    yield judge("older rule (40 % off 7 checks)", named(references.older(rows, zone), seen.codes), use, room_days)
    yield judge("Isolation Forest, top 1 %", named(references.forest(rows, zone), seen.codes), use, room_days)


def details(seen: Observed, found: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """False incidents, and events with the best margin any candidate of theirs reached (NaN: no candidate)."""
    wrong = false_alerts(found, seen.truth, seen.benign, pd.Timestamp(seen.shape.first_on))
    hit = match(found, seen.truth)
    best = found.assign(hit=hit)[hit >= 0].sort_values("margin").groupby("hit").tail(1).set_index("hit")
    alerted = set(hit[found["alert"].to_numpy(dtype=bool)].tolist())
    events = seen.truth.assign(
        found=seen.truth.index.isin(alerted), best_margin=best["margin"].reindex(seen.truth.index),
        best_family=best["family"].reindex(seen.truth.index),
    )  # fmt: skip
    return wrong, events


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.other_hotel", description=__doc__)
    parser.add_argument("--seed", type=int, action="append", help="may be given several times")
    parser.add_argument("--rooms", type=int, default=400)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--live", action="store_true", help="run the whole pipeline and score the stored alerts too")
    parser.add_argument("--cache", type=Path, help="folder that keeps collected rows, for detection alone")
    parser.add_argument("--out", type=Path, help="folder for false alerts, events and candidates as CSV")
    wanted = parser.parse_args()
    for seed in wanted.seed or [1]:
        show(Shape(seed, wanted.rooms, wanted.days), live=wanted.live, cache=wanted.cache, out=wanted.out)


def show(shape: Shape, *, live: bool, cache: Path | None, out: Path | None) -> None:
    """Print one hotel's figures, and write what is behind them."""
    started = perf_counter()
    seen, alerts = live_alerts(shape) if live else (observe(shape, cache), None)
    ready = perf_counter()
    found = detected(seen)
    done = perf_counter()
    judgements = list(judged(seen, found))
    if alerts is not None:
        stored = as_candidates(seen, alerts)
        judgements.insert(0, judge("stored alerts", stored, seen.truth, float(shape.rooms * shape.days)))
    wrong, events = details(seen, found)
    told = int(np.unique(wrong["incident"]).size)
    known = f"{told} false incidents, {worth_knowing(wrong)} of them about something one would want to know"
    head = f"seed {shape.seed}, {shape.rooms} rooms × {shape.days} days: rows {ready - started:.1f} s, "
    parts = [head + f"detection {done - ready:.1f} s", report.table(judgements), report.events(judgements[0])]
    print("\n\n".join([*parts, known, report.families(found[found["alert"].astype(bool)], wrong)]) + "\n")  # noqa: T201
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in {"false": wrong, "events": events, "candidates": found}.items():
            frame.to_csv(out / f"{name}-{shape.seed}-{shape.rooms}-{shape.days}.csv", index=False)


if __name__ == "__main__":
    main()
