"""How long 100,000 rows take to import, first and again; prints, asserts only that everything arrived."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pandas as pd
import pytest

from core.scope import SYSTEM
from db.session import Database
from sources.imports.service import ImportService

ROWS = 100_000
PREMISES = {
    "rooms": "room;floor;room type\n" + "".join(f"{number};1;S\n" for number in range(100, 1100)),
    "staff": "code;name\nbora;Bora\n",
    "products": "code;name;group\n" + "".join(f"P{number};P;G\n" for number in range(20)),
}


def movements(number: pd.Series, at: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {"product": "P" + (number % 20).astype(str), "movement_type": "cikis", "quantity": number % 9 + 1,
         "occurred_at": at.dt.strftime("%d.%m.%Y %H:%M"), "staff": "bora"}
    )  # fmt: skip


def visits(number: pd.Series, at: pd.Series) -> pd.DataFrame:
    """Five lines a visit."""
    started = at[(number // 5 * 5).to_numpy()].dt.strftime("%d.%m.%Y %H:%M").to_numpy()
    return pd.DataFrame(
        {"room": (number // 5 % 1000 + 100).astype(str), "visit_type": "yeniden_dolum", "occurred_at": started,
         "staff": "bora", "product": "P" + (number % 5).astype(str), "consumed": number % 3, "refilled": number % 3}
    )  # fmt: skip


def stays(number: pd.Series, at: pd.Series) -> pd.DataFrame:
    arrival = at.iloc[0].normalize() + pd.to_timedelta(number // 1000 * 3, unit="D")
    departure = arrival + pd.Timedelta(days=2)
    return pd.DataFrame(
        {"room": (number % 1000 + 100).astype(str), "arrival": arrival.dt.strftime("%d.%m.%Y"),
         "departure": departure.dt.strftime("%d.%m.%Y"), "guests": 2}
    )  # fmt: skip


def write(frame: pd.DataFrame, path: Path) -> None:
    writers: dict[str, Callable[[], object]] = {
        ".csv": lambda: frame.to_csv(path, sep=";", index=False),
        ".xlsx": lambda: frame.to_excel(path, index=False, engine="xlsxwriter"),
        ".parquet": lambda: frame.to_parquet(path),
    }
    writers[path.suffix]()


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize("build", [movements, visits, stays], ids=lambda build: build.__name__)
def test_hundred_thousand_rows(
    database: Database, tmp_path: Path, build: Callable[[pd.Series, pd.Series], pd.DataFrame], suffix: str
) -> None:
    service = ImportService(database)
    hotel = service.ensure_hotel(SYSTEM, "H1", "Deniz Otel")
    for kind, content in PREMISES.items():
        (tmp_path / f"{kind}.csv").write_text(content, encoding="utf-8")
        service.run(SYSTEM, hotel, kind, tmp_path / f"{kind}.csv")
    number = pd.Series(range(ROWS))
    path = tmp_path / f"big.{suffix}"
    write(build(number, pd.Series(pd.date_range("2020-01-01", periods=ROWS, freq="7min"))), path)
    seconds = []
    for _ in range(2):
        started = perf_counter()
        report = service.run(SYSTEM, hotel, build.__name__, path)
        seconds.append(perf_counter() - started)
    assert (report.rows, report.errors, report.inserted) == (ROWS, [], 0)
    print(f"\nimport {build.__name__} {suffix}: first {seconds[0]:.1f} s, again {seconds[1]:.1f} s")  # noqa: T201
