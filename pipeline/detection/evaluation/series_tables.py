"""Tables of continuous series: NAB scores and VUS-PR, by the scorers in the tools folder, run as processes."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.detection.evaluation.comparison import Compared, detectors, score_all

ABSENT = "not measurable here"
ATTRIBUTION = (
    "NAB: 58 labelled series, Numenta Anomaly Benchmark 1.1, MIT licence, © Numenta Inc. "
    "MS cloud: series of cloud services and purchases, MIT licence, © Microsoft Corporation."
)
HEAD = (
    "detector",
    "NAB standard",
    "threshold from other files",
    "MS cloud VUS-PR",
    "one half of the files",
    "other half",
)
VUS_RUN = """
import sys, pandas as pd
sys.path.insert(0, sys.argv[1])
import vus
scores, labels = pd.read_parquet(sys.argv[2]), pd.read_parquet(sys.argv[3])
for name, group in labels.groupby("file", observed=True, sort=True):
    label = group["label"].to_numpy(int)
    if label.sum():
        score = scores.loc[group.index, "score"].fillna(0.0).to_numpy(float)
        window = min(vus.period_rank1(group["value"].ffill().fillna(0.0).to_numpy(float)), 300)
        print(vus.metrics(score, label, window)["vuspr"])
"""


@dataclass(frozen=True)
class SeriesFigures:
    """Figures of one detector; a text says why there is none."""

    name: str
    nab: str
    nab_other_files: str
    vus: str
    halves: tuple[str, str]


def figures(data: Path, tools: Path) -> Iterator[SeriesFigures]:
    """One row a detector. ``data``: folder with series/nab.parquet and mscloud.parquet; ``tools``: the scorers' folder.

    NAB's own threshold is chosen on its corpus, as the benchmark does; the second figure chooses it on other files.
    VUS-PR needs no threshold; its halves are every other file by name, so that a choice can be made on one of them.
    """
    for compared in detectors():
        if compared.scorer is None:
            yield SeriesFigures(compared.name, *(compared.absent,) * 3, (compared.absent, compared.absent))
            continue
        with tempfile.TemporaryDirectory() as folder:
            nab = _nab(compared, data, tools, Path(folder))
            vus = _vus(compared, data, tools, Path(folder))
        yield SeriesFigures(compared.name, *nab, vus[0], (vus[1], vus[2]))


def as_markdown(rows: Sequence[SeriesFigures]) -> str:
    cells = [HEAD, ("---",) * len(HEAD)]
    cells += [(row.name, row.nab, row.nab_other_files, row.vus, *row.halves) for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([*lines, "", ATTRIBUTION])


def _nab(compared: Compared, data: Path, tools: Path, folder: Path) -> tuple[str, str]:
    series, scorer = data / "series" / "nab.parquet", tools / "nab_score.py"
    if (absent := _absent(series, scorer)) or compared.scorer is None:
        return absent, absent
    scores = folder / "nab.parquet"
    score_all(pd.read_parquet(series), compared.scorer).to_parquet(scores)
    answer = _answer([str(scorer), str(scores)])
    own = re.search(r"^standard\s+(-?[\d.]+)\s+threshold", answer, re.MULTILINE)
    other = re.search(r"other files: (-?[\d.]+)", answer)
    if own is None or other is None:
        return answer, answer
    return own.group(1), other.group(1)


def _vus(compared: Compared, data: Path, tools: Path, folder: Path) -> tuple[str, str, str]:
    series, scorer = data / "series" / "mscloud.parquet", tools / "vus.py"
    if (absent := _absent(series, scorer)) or compared.scorer is None:
        return absent, absent, absent
    scores = folder / "mscloud.parquet"
    score_all(pd.read_parquet(series), compared.scorer).to_parquet(scores)
    answer = _answer(["-c", VUS_RUN, str(tools), str(scores), str(series)])
    try:
        found = np.array([float(line) for line in answer.split()])
    except ValueError:
        return answer, answer, answer
    return f"{found.mean():.3f}", f"{found[::2].mean():.3f}", f"{found[1::2].mean():.3f}"


def _absent(*needed: Path) -> str:
    missing = [path.name for path in needed if not path.is_file()]
    return f"{ABSENT}: {', '.join(missing)} absent" if missing else ""


def _answer(arguments: list[str]) -> str:
    """What a scorer prints, or the last line of its complaint."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout
    complaint = done.stderr.strip().splitlines()
    return f"{ABSENT}: {complaint[-1] if complaint else done.returncode}"
