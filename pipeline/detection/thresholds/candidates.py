"""Candidates: the tests that could alert under some setting, stored so that replay can decide on them again."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipeline.detection.contract import Family
from pipeline.detection.decision import TEST_MEMORY_DAYS, certainties, daily_counts, effects, material
from pipeline.detection.thresholds.settings import GATE_SHARE

MIN_SCORE = 1.0  # evidence; every threshold is above it
EPOCH = date(1970, 1, 1)
PLACES = ("room_id", "product_id", "staff_id")
COPIED = ("entity_id", "interval_start", "timestamp", "value", "expected", "lower", "upper", "deviation_ratio", "score")
KEY = ["family", "entity_id", "timestamp"]
COLUMNS = [
    "family", "alert_type", "entity_type", *COPIED, *PLACES, "observed_on", "effect", "is_certain",
    "context_signature",
]  # fmt: skip
COUNT_COLUMNS = ["family", "observed_on", "tests", "share", "effect_gate_ratio", "is_banded"]
OCCUPANCY = r"occupancy=([a-z]+)"


def candidates_of(families: Sequence[tuple[Family, pd.DataFrame]]) -> pd.DataFrame:
    """Rows of ml_candidates (without hotel and metric type) of the tests that a run may speak about.

    Tests with evidence above ``MIN_SCORE`` that are material at half of their family's gate, and certain ones.
    """
    kept = [_kept(family, tests) for family, tests in families if not tests.empty]
    filled = [frame for frame in kept if not frame.empty]
    if not filled:
        return pd.DataFrame(columns=COLUMNS)
    joined = pd.concat(filled, ignore_index=True)
    strongest = joined.sort_values("score", ascending=False, kind="stable").drop_duplicates(KEY)
    ordered: pd.DataFrame = strongest.sort_index().reset_index(drop=True)
    return ordered


def _kept(family: Family, tests: pd.DataFrame) -> pd.DataFrame:
    score = tests["score"].to_numpy(dtype=float)
    held = Family(
        family.name, family.alert_type, family.entity_type, family.effect_gate_ratio, tests, is_banded=family.is_banded
    )
    wanted = (np.nan_to_num(score) > MIN_SCORE) & material(held, GATE_SHARE * family.effect_gate_ratio)
    rows = tests[wanted | certainties(tests)]
    places = {name: rows[name].astype(float) if name in rows else np.nan for name in PLACES}
    if family.entity_type == "room":
        places["room_id"] = rows["entity_id"].astype(float)
    frame: pd.DataFrame = rows[list(COPIED)].assign(
        **places, family=family.name, alert_type=family.alert_type, entity_type=family.entity_type,
        observed_on=dates_of(rows["day"].to_numpy(np.int64)), effect=effects(rows), is_certain=certainties(rows),
        context_signature=signatures(family, rows),
    )[COLUMNS]  # fmt: skip
    return frame


def signatures(family: Family, tests: pd.DataFrame) -> pd.Series:
    """What "the same situation" means to a verdict, as anomalies carry it: test, occupancy, product of a cell."""
    text = pd.Series(f"test={family.name}", index=tests.index, dtype=object)
    if "occupancy" in tests:
        known = tests["occupancy"].map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
        text = text.where(~known, text + ";occupancy=" + tests["occupancy"].astype(object).fillna("").astype(str))
    if family.name == "cell":
        text = text + ";product=" + tests["product_id"].astype("int64").astype(str)
    return text


def counts_of(families: Sequence[Family]) -> pd.DataFrame:
    """Rows of ml_test_counts (without hotel and metric type): tests a day, and what the family's thresholds use."""
    frames = []
    for family in families:
        if family.tests.empty:
            continue
        counted = daily_counts(family.tests)
        frames.append(
            pd.DataFrame({"observed_on": dates_of(counted.index.to_numpy(np.int64)), "tests": counted.to_numpy()})
            .assign(family=family.name, share=family.share, effect_gate_ratio=family.effect_gate_ratio)
            .assign(is_banded=family.is_banded)
        )
    if not frames:
        return pd.DataFrame(columns=COUNT_COLUMNS)
    joined: pd.DataFrame = pd.concat(frames, ignore_index=True)[COUNT_COLUMNS]
    return joined


def families_of(candidates: pd.DataFrame, test_counts: pd.DataFrame) -> list[Family]:
    """Families of one metric type of one hotel as they were detected, with their candidates as tests.

    ``candidates``: columns of ml_candidates. ``test_counts`` says share, gate and band of each family: the newest.
    """
    order = np.argsort(test_counts["observed_on"].to_numpy(), kind="stable")
    facts = (test_counts[name].to_numpy()[order] for name in ("family", "effect_gate_ratio", "share", "is_banded"))
    newest = {family: told for family, *told in zip(*facts, strict=True)}
    families = []
    for name, rows in candidates.rename(columns={"is_certain": "certain"}).groupby("family", sort=True):
        gate_ratio, share, is_banded = newest[name]
        tests = rows.reset_index(drop=True)
        alert_type, entity_type = (str(tests[column].iat[0]) for column in ("alert_type", "entity_type"))
        families.append(
            Family(
                str(name), alert_type, entity_type, float(gate_ratio), tests,
                share=float(share), is_banded=bool(is_banded),
            )
        )  # fmt: skip
    return families


def with_days(candidates: pd.DataFrame) -> pd.DataFrame:
    """Stored candidates with ``day`` (days since 1970) and ``occupancy``, as detectors' tests have them."""
    occupancy = candidates["context_signature"].astype(object).str.extract(OCCUPANCY, expand=False)
    return candidates.assign(day=days_of(candidates["observed_on"]), occupancy=occupancy)


def days_by_family(test_counts: pd.DataFrame) -> dict[str, pd.Series]:
    """{family: number of tests by local day (days since 1970)} of one metric type of one hotel."""
    days, tests = days_of(test_counts["observed_on"]), test_counts["tests"].to_numpy()
    places = test_counts.groupby("family").indices
    return {str(name): pd.Series(tests[rows], index=days[rows], name="tests") for name, rows in places.items()}


def dates_of(days: np.ndarray) -> np.ndarray:
    """Days since 1970 as dates at midnight."""
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[s]"))


def days_of(dates: pd.Series) -> np.ndarray:
    return np.asarray(pd.to_datetime(dates).to_numpy().astype("datetime64[D]").astype(np.int64))


def date_of(day: int) -> date:
    return EPOCH + timedelta(days=int(day))


def vanished(stored: pd.DataFrame, tested: pd.DataFrame, spoken: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Stored candidates that are none any more: judged again and not found, or their test does not exist any more.

    ``stored``: keys and observed_on. ``tested``, ``spoken``: ``keys_of`` of all tests of the same days, and of those
    that the run spoke about. ``found``: the run's candidates.
    """
    moments = _moments(stored, set(tested.loc[tested["daily"], "family"]))
    key = pd.MultiIndex.from_frame(moments)
    names = ["family", "entity_id", "moment"]
    exists = key.isin(pd.MultiIndex.from_frame(tested[names]))
    judged = key.isin(pd.MultiIndex.from_frame(spoken[names]))
    kept = pd.MultiIndex.from_frame(stored[KEY]).isin(pd.MultiIndex.from_frame(found[KEY]))
    gone: pd.DataFrame = stored[~kept & (judged | ~exists)][KEY]
    return gone


def keys_of(families: Sequence[tuple[Family, pd.DataFrame]]) -> pd.DataFrame:
    """family, entity_id, moment, daily: tests of a whole day are known by their day, others by their instant."""
    frames = [
        pd.DataFrame(
            {
                "family": family.name,
                "entity_id": tests["entity_id"].to_numpy(np.int64),
                "moment": tests["day"].to_numpy(np.int64) if family.daily else _nanoseconds(tests["timestamp"]),
                "daily": family.daily,
            }
        )
        for family, tests in families
        if not tests.empty
    ]
    return (
        pd.concat(frames, ignore_index=True)
        if frames
        else pd.DataFrame(columns=["family", "entity_id", "moment", "daily"])
    )


def _moments(stored: pd.DataFrame, daily: set[str]) -> pd.DataFrame:
    by_day = stored["family"].isin(daily).to_numpy()
    moment = np.where(by_day, days_of(stored["observed_on"]), _nanoseconds(stored["timestamp"]))
    return stored[["family", "entity_id"]].assign(moment=moment)


def _nanoseconds(instants: pd.Series) -> np.ndarray:
    return np.asarray(instants.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[ns]").astype(np.int64))


def joined_counts(stored: pd.DataFrame, batch: pd.DataFrame, first_day: int, is_whole: bool) -> pd.DataFrame:
    """Numbers of tests of the days that thresholds from ``first_day`` on need, with ``is_new`` where to be written.

    Days before ``first_day`` are those stored; where nothing is stored, what the run read, except its first day, which
    it may have read in part (``is_whole``: it read everything there is).
    """
    old_day, day = days_of(stored["observed_on"]), days_of(batch["observed_on"])
    known = pd.MultiIndex.from_arrays([stored["family"], old_day])
    missing = ~pd.MultiIndex.from_arrays([batch["family"], day]).isin(known) & (day >= first_day - TEST_MEMORY_DAYS)
    if not is_whole and len(batch):
        missing &= day > day.min()
    new = batch[(day >= first_day) | missing].assign(is_new=True)
    old = stored[old_day < first_day].assign(is_new=False)
    frames = [frame for frame in (old[[*COUNT_COLUMNS, "is_new"]], new) if not frame.empty]
    return pd.concat(frames, ignore_index=True) if frames else new
