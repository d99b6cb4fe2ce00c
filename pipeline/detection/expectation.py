"""What every consumption cell was expected to be, day after day: judged with the days before it, then learned."""

from dataclasses import dataclass

import numpy as np

from pipeline.training.count_model import CountModel, fit
from pipeline.training.count_window import EPOCH_WEEKDAY, WINDOW_DAYS, CountRows, CountWindow
from pipeline.training.exact import Floats, rounded

LEARNING_DAYS = 14  # of the hotel, before any cell is judged


@dataclass(frozen=True)
class Judged:
    """What the model of each row's day says about it."""

    expected: Floats
    dispersion: Floats
    visit_dispersion: Floats
    observations: Floats
    ready: np.ndarray


def judge(rows: CountRows, repeated: np.ndarray, known: int = 0) -> Judged:
    """Walk through the days: judge a day with what was known before it, then learn it.

    The first ``known`` rows are remembered days: they are learned and not judged. Rows of a check that repeats another
    one (``repeated``, of the judged rows) are not judged one by one.
    """
    size = rows.day.size
    expected, dispersion = np.zeros(size), np.ones(size)
    visit_dispersion, observations = np.ones(size), np.zeros(size)
    ready = np.zeros(size, dtype=bool)
    window = CountWindow(rows.room_ids.size, rows.product_ids.size)
    days, starts = np.unique(rows.day, return_index=True)
    parts = [slice(int(a), int(b)) for a, b in zip(starts, [*starts[1:], size], strict=True)]
    oldest, begun = 0, int(np.searchsorted(starts, known))
    window.fill(rows, known)
    for day, part in zip(days[begun:].tolist(), parts[begun:], strict=True):
        while days[oldest] < day - WINDOW_DAYS:
            window.move(rows, parts[oldest], -1)
            oldest += 1
        model = fit(window, day)
        product, state, room = rows.product[part], rows.state[part], rows.room[part]
        weekday = (day + EPOCH_WEEKDAY) % 7
        expected[part] = model.means(product, state, room, rows.exposure[part], weekday)
        dispersion[part] = _cell_dispersion(model, product, room)
        visit_dispersion[part] = model.visit_dispersion + model.room_effect_variance[room]
        observations[part] = model.room_visits[room]
        seen = window.cells[..., 0].sum(axis=(1, 2))
        ready[part] = (model.days >= LEARNING_DAYS) & (seen[product] >= LEARNING_DAYS)
        window.move(rows, part, +1)
    new = slice(known, size)
    return Judged(
        rounded(expected[new]), rounded(dispersion[new]), rounded(visit_dispersion[new]), observations[new],
        ready[new] & ~repeated,
    )  # fmt: skip


def _cell_dispersion(model: CountModel, product: np.ndarray, room: np.ndarray) -> Floats:
    """Chance between guests, and what is not known about the room yet."""
    return np.asarray(model.dispersion[product] + model.room_effect_variance[room])
