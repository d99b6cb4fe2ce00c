"""What goes wrong at the keyboard: ten for one, and a day whose visits were imported twice."""

import numpy as np
import pandas as pd

from tests.benchmarks.other_hotel.plan import USE, Event, Plan, wanted, warm_up
from tests.benchmarks.other_hotel.shape import Hotel

HOUR = pd.Timedelta(hours=1)


def tenfold(hotel: Hotel, plan: Plan, visits: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Some lines of one or two units become ten or twenty; half of them with the refill as well."""
    rng = hotel.shape.rng(6)
    day = (visits["at"].dt.normalize() - hotel.days[0]).dt.days.to_numpy()
    of_line = lines["visit"].to_numpy()
    room = visits["room"].to_numpy()[of_line]
    fit = (lines["consumed"].to_numpy() > 0) & (lines["consumed"].to_numpy() <= 2)
    fit &= (day[of_line] >= warm_up(hotel.shape.days)) & (day[of_line] < hotel.shape.days - 1)
    lines = lines.copy()
    made = 0
    for line in rng.permutation(np.flatnonzero(fit)).tolist():
        if made >= wanted(hotel, "tenfold_entry"):
            break
        on = int(day[of_line[line]])
        if not plan.claim(on, on, room[[line]]):
            continue
        wrong = int(lines["consumed"].iloc[line]) * 10
        lines.loc[line, "consumed"] = wrong
        if made % 2:
            lines.loc[line, "refilled"] = wrong
        at = visits["at"].iloc[of_line[line]]
        product = int(lines["product"].iloc[line])
        plan.events.append(
            Event("tenfold_entry", on, on, wrong / 10, (USE,), ("room",), (int(room[line]),), (product,),
                  began=at - HOUR, ended=at)
        )  # fmt: skip
        made += 1
    return lines


def twice(hotel: Hotel, plan: Plan, visits: pd.DataFrame, lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whole days of visits a second time: under new numbers at the same minute, or as entered again in the evening."""
    rng = hotel.shape.rng(7)
    busy = np.flatnonzero(~hotel.closed.all(axis=1))
    busy = busy[(busy >= warm_up(hotel.shape.days)) & (busy < hotel.shape.days - 2)]
    chosen = rng.choice(busy, min(wanted(hotel, "visits_twice"), busy.size), replace=False)
    for position, day in enumerate(chosen.tolist()):
        date = hotel.days[day]
        again = visits[(visits["at"].dt.normalize() == date) & (visits["type"] != "ek_dolum")]
        numbers = pd.Series(np.arange(len(again)) + len(visits), index=again["visit"])
        shifted = again.assign(visit=numbers.to_numpy(), started=pd.NaT, ended=pd.NaT)
        if position % 2:
            shifted["at"] = date + pd.Timedelta(hours=20) + pd.to_timedelta(np.arange(len(again)) * 30, unit="s")
        own = lines[lines["visit"].isin(again["visit"])]
        visits = pd.concat([visits, shifted], ignore_index=True)
        lines = pd.concat([lines, own.assign(visit=own["visit"].map(numbers))], ignore_index=True)
        began = date if not position % 2 else date + pd.Timedelta(hours=19)
        plan.events.append(
            Event("visits_twice", day, day, float(len(again)), (USE, "zimmet_kullanim", "stok_seviye"), (), began=began)
        )
    return visits, lines
