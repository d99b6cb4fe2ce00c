"""How precision on a user's verdicts grows in thirty simulated days, with and without learning (A6.3).

``python -m tests.benchmarks.learning_curve``: simulated hotels of 120 rooms with a budget of 200 alerts a day, a
user who judges each alert and errs in one of twenty, three seeds.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from core.clock import FixedClock
from core.settings import Settings
from tests.benchmarks.servers import fresh_database
from tests.integration.pipeline.alerts.learning.simulated_user import SimulatedUser, planted_life

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
DAYS, BUDGET, ROOMS, HISTORY = 31, 200.0, 120, 75
SEEDS = (5, 6, 7)


def curve(seed: int, learns: bool) -> str:
    """Alerts, planted ones among them and precision on verdicts, in blocks of ten days."""
    with TemporaryDirectory() as folder, fresh_database() as database:
        settings = Settings(home=Path(folder) / "h", models_dir=Path(folder) / "m", alert_budget_per_day=BUDGET)
        clock = FixedClock(UNTIL)
        life = planted_life(database, clock, settings, UNTIL, rooms=ROOMS, days=HISTORY, seed=seed)
        judged = life.live(UNTIL - timedelta(days=DAYS), DAYS, SimulatedUser(), learns)
    cells = []
    for _, block in judged.groupby(judged["day"] // 10):
        right = (block["verdict"] == "dogru").mean()
        cells.append(f"{len(block)} alerts, {int(block['is_true'].sum())} planted, {right:.2f}")
    return " | ".join([str(seed), "yes" if learns else "no", *cells[:3]])


def main() -> None:
    write = sys.stdout.write
    write("| seed | learning | days 1–10 | days 11–20 | days 21–30 |\n|---|---|---|---|---|\n")
    for seed in SEEDS:
        for learns in (False, True):
            write(f"| {curve(seed, learns)} |\n")


if __name__ == "__main__":
    main()
