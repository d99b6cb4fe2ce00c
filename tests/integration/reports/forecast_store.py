"""A store whose forecasts can be checked by hand: one product nearly gone, one in plenty, one that is new."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from core.scope import SYSTEM
from db.session import Database
from pipeline.forecasting.service import ForecastService
from pipeline.metrics.service import MetricsService
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel

DAY = timedelta(days=1)
DAYS = 63
LOW, PLENTY, NEW = 0, 1, 2
LEVEL, A_DAY, COST, CASE = 14, 4, 1.5, 12
LASTS_DAYS = 4  # the fourth day is begun


@dataclass(frozen=True)
class Store:
    database: Database
    hotel: BuiltHotel

    @property
    def low(self) -> int:
        return self.hotel.products[LOW]

    def forecast(self, *days_ago: int) -> None:
        """What the nightly job does, on each of those mornings."""
        for back in days_ago:
            ForecastService(self.database).forecast(SYSTEM, self.hotel.hotel_id, NOW - back * DAY)


def build_store(database: Database) -> Store:
    """4 units of LOW leave every day, 14 are left; PLENTY has 837; of NEW three days are known. Only LOW has a cost."""
    with database.transaction() as connection:
        hotel = build_hotel(connection)
        for product, quantity in ((LOW, 450), (PLENTY, 900)):
            hotel.movement(connection, product, NOW - DAYS * DAY, "devir", quantity)
        hotel.movement(connection, NEW, NOW - 3 * DAY, "devir", 40)
        for back in range(DAYS, 0, -1):
            at = NOW - back * DAY + timedelta(hours=3)
            hotel.movement(connection, LOW, at, "cikis", A_DAY)
            hotel.movement(connection, PLENTY, at, "cikis", 1)
            if back <= 2:
                hotel.movement(connection, NEW, at, "cikis", 3)
        hotel.movement(connection, LOW, NOW - timedelta(hours=2), "sayim", LEVEL)
        values = {"id": hotel.products[LOW], "cost": COST, "case": CASE, "name": "Kola *0,33* =1+1"}
        connection.execute(
            text("UPDATE products SET case_size = :case, cost = :cost, name = :name WHERE id = :id"), values
        )
    MetricsService(database).collect(SYSTEM, hotel.hotel_id, NOW, metric_types=("stok_seviye",))
    return Store(database, hotel)
