"""What the first visit of a page may ask of the database: statements and rows, counted, never timed (A8.1, C14, R2).

A page that is added gets a line in ``BUDGETS``; the test that fails says what to write there. Counted is every
statement that reaches the server, COPY included; kept reads are forgotten before each visit. Not counted are the
pool's pings, and the look at the columns of a query, which happens once a process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import streamlit as st
from psycopg2.extensions import cursor as plain_cursor
from sqlalchemy import event

from core.scope import SYSTEM
from core.settings import ROOT
from db.session import Database
from pages.shell import reads
from services import Services
from tests.pages.alerts import raise_alerts
from tests.pages.conftest import Visit

PING, LOOK_AT_COLUMNS = "SELECT 1", "AS described LIMIT 0"


@dataclass(frozen=True)
class Budget:
    """Of one page, perhaps of one of its views: the most statements, and the most rows that come back.

    Set about three statements above what was counted: a row-by-row read asks for one for each of a dozen rows.
    """

    page: str
    statements: int
    rows: int
    address: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.page + "".join(f"?{key}={value}" for key, value in self.address.items())


BUDGETS = (
    Budget("pages/account/account.py", 12, 10),
    Budget("pages/account/password.py", 9, 5),
    Budget("pages/alerts/alert.py", 38, 170),
    Budget("pages/alerts/board.py", 29, 90),
    Budget("pages/alerts/silences.py", 11, 30),
    Budget("pages/exploration/consumption.py", 25, 620),
    Budget("pages/exploration/custody.py", 12, 30),
    Budget("pages/exploration/refills.py", 17, 130),
    Budget("pages/exploration/rooms.py", 22, 180),
    Budget("pages/exploration/stock.py", 15, 480),
    Budget("pages/forecasts/forecasts.py", 27, 1740),
    Budget("pages/models/comparison.py", 18, 30),
    Budget("pages/models/features.py", 12, 20),
    Budget("pages/models/files.py", 12, 20),
    Budget("pages/models/performance.py", 21, 50),
    Budget("pages/models/performance.py", 24, 60, {"metric": "stok_seviye"}),
    Budget("pages/models/thresholds.py", 38, 1730),
    Budget("pages/overview/overview.py", 30, 1450),
    Budget("pages/system/archive.py", 30, 150),
    Budget("pages/system/audit.py", 12, 60),
    Budget("pages/system/jobs.py", 19, 25),
    Budget("pages/system/jobs.py", 15, 80, {"view": "timetable"}),
    Budget("pages/system/jobs.py", 14, 40, {"view": "day"}),
    Budget("pages/system/logs.py", 12, 20),
    Budget("pages/system/quality.py", 39, 150),
    Budget("pages/system/backups.py", 17, 10),
    Budget("pages/system/cache.py", 12, 10),
    Budget("pages/system/memory.py", 14, 10),
    Budget("pages/system/queries.py", 12, 140),
    Budget("pages/system/queries.py", 12, 110, {"view": "recent"}),
    Budget("pages/system/queries.py", 14, 110, {"view": "locks"}),
    Budget("pages/system/queries.py", 12, 110, {"view": "plans"}),
    Budget("pages/system/configuration.py", 16, 10),
    Budget("pages/system/profiler.py", 14, 10),
    Budget("pages/system/redis.py", 16, 20),
    Budget("pages/system/requests.py", 14, 40),
    Budget("pages/system/users.py", 12, 15),
)


@dataclass
class Counted:
    """What went to the server since the last ``reset``."""

    statements: int = 0
    rows: int = 0
    texts: list[str] = field(default_factory=list)

    def reset(self) -> None:
        self.statements, self.rows, self.texts = 0, 0, []

    def add(self, statement: Any, rows: int) -> None:
        said = statement.decode() if isinstance(statement, bytes) else str(statement)
        if said != PING and not said.endswith(LOOK_AT_COLUMNS):
            self.statements += 1
            self.rows += max(rows, 0)
            self.texts.append(" ".join(said.split()))


@contextmanager
def counting(database: Database) -> Iterator[Counted]:
    """Count at the cursor, below SQLAlchemy, so that COPY is seen too."""
    counted = Counted()

    class Cursor(plain_cursor):
        def execute(self, query: Any, params: Any = None) -> None:
            super().execute(query, params)
            counted.add(query, self.rowcount)

        def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
            super().copy_expert(sql, file, size)
            counted.add(sql, self.rowcount)

    def use(connection: Any, _: Any) -> None:
        connection.cursor_factory = Cursor

    database.dispose()
    event.listen(database.engine, "connect", use)
    yield counted
    event.remove(database.engine, "connect", use)
    database.dispose()


@dataclass(frozen=True)
class House:
    hotel_id: int
    alert_id: int


@pytest.fixture
def house(visit: Visit, services: Services) -> House:
    """A simulated hotel of 12 rooms that was collected, judged and forecast, with alerts and an administrator."""
    now = services.clock.now()
    [hotel] = services.simulation.create(SYSTEM, 1, 12, 45, seed=7, until=now)
    services.pipeline.run(SYSTEM, hotel, now, ("collect", "detect"))
    services.forecasts.forecast(SYSTEM, hotel, now)
    alerts = raise_alerts(services, hotel, now - timedelta(hours=1))
    visit.sign_in("superadmin", None, "en")
    return House(hotel, alerts[1])


def visited(visit: Visit, house: House, counted: Counted, budget: Budget) -> tuple[int, int]:
    """Statements and rows of the first visit."""
    app = visit.open()
    address = {"alert": str(house.alert_id)} if budget.page == "pages/alerts/alert.py" else budget.address
    for name, value in address.items():
        app.query_params[name] = value
    st.cache_data.clear()
    counted.reset()
    app.switch_page(budget.page).run()
    assert not app.exception, budget.name
    return counted.statements, counted.rows


def pages() -> set[str]:
    """Every page file."""
    found = (path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").glob("*/*.py"))
    return {name for name in found if not name.startswith("pages/shell/") and not name.endswith("__init__.py")}


def without_budget(found: set[str]) -> set[str]:
    return found - {budget.page for budget in BUDGETS}


def exceeded(visit: Visit, house: House, budgets: tuple[Budget, ...]) -> dict[str, str]:
    """The pages that ask for more than they may, and what they ask for."""
    found = {}
    with counting(visit.services.database) as counted:
        for budget in budgets:
            statements, rows = visited(visit, house, counted, budget)
            if statements > budget.statements or rows > budget.rows:
                found[budget.name] = f"{statements} of {budget.statements} statements, {rows} of {budget.rows} rows"
    return found


def test_no_page_asks_for_more_than_its_budget(visit: Visit, house: House) -> None:
    assert exceeded(visit, house, BUDGETS) == {}


def test_another_service_level_or_product_reads_no_forecasts_and_no_movements(visit: Visit, house: House) -> None:
    """What the figures of Forecasts are worked out from is read once; the first visit is the control."""
    kept = ("FROM stock_movements", "FROM stock_forecasts")
    app = visit.open()
    with counting(visit.services.database) as counted:
        st.cache_data.clear()
        app.switch_page("pages/forecasts/forecasts.py").run()
        assert all(any(one in said for said in counted.texts) for one in kept)
        for choose, name in (
            (lambda: app.select_slider(key="filter_level").set_value("0.99"), "level"),
            (lambda: app.selectbox(key="filter_product").select_index(1), "product"),
        ):
            counted.reset()
            choose().run()
            assert not app.exception
            assert name in app.query_params
            assert [said for said in counted.texts for one in kept if one in said] == []


def test_every_page_has_a_budget() -> None:
    assert without_budget(pages()) == set()


def test_a_page_without_a_budget_would_be_noticed() -> None:
    assert without_budget({*pages(), "pages/alerts/new.py"}) == {"pages/alerts/new.py"}


def test_a_page_that_reads_row_by_row_would_be_noticed(
    visit: Visit, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = reads.alerts

    def one_by_one(page: Any, filters: Any, limit: int, offset: int = 0) -> Any:
        found = at_once(page, filters, limit, offset)
        for row in found.rows:
            reads.alert_detail(page, row.id)
        return found

    monkeypatch.setattr(reads, "alerts", one_by_one)
    board = tuple(budget for budget in BUDGETS if budget.page == "pages/alerts/board.py")
    assert set(exceeded(visit, house, board)) == {budget.name for budget in board}
