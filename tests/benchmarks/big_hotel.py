"""A hotel of 1,000 rooms × 90 days for the benchmarks of the screens: collected, judged, forecast, with a visitor."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from core.clock import SystemClock
from core.embedded.servers import Servers
from core.embedded.valkey import start_valkey
from core.scope import SYSTEM
from core.settings import Settings
from core.stage import silent
from services import Services, build_services, run_now
from sources.simulation.anomalies import PlantPlan
from tests.benchmarks.servers import fresh_database
from tests.browser.conftest import PASSWORD
from tests.dashboard import dashboard

ROOMS, DAYS = 1000, 90


@dataclass(frozen=True)
class BigHotel:
    """The services, the hotel and the running dashboard's address."""

    services: Services
    hotel_id: int
    address: str

    def token(self) -> str:
        """The session of somebody who sees everything, in English."""
        identity = self.services.identity
        return identity.redeem_ticket(identity.begin_session(identity.check_password("deniz", PASSWORD)))

    def renew_data(self) -> None:
        """As after a collection: nothing that was kept is used again."""
        with self.services.database.transaction() as connection:
            connection.execute(text("UPDATE data_versions SET version = version + 1"))


@contextmanager
def big_hotel(rooms: int = ROOMS, days: int = DAYS) -> Iterator[BigHotel]:
    """Built in two minutes, thrown away at the end; the first visitor of its dashboard is still to come."""
    with fresh_database() as database, TemporaryDirectory(prefix="barometer-bench-") as folder:
        home, clock = Path(folder), SystemClock()
        cache = start_valkey(home)
        settings = Settings(home=home, models_dir=home / "models")
        url = database.engine.url.render_as_string(hide_password=False)
        services = build_services(settings, Servers(url, cache.url, None, None), database=database)
        try:
            now = clock.now()
            [hotel] = services.simulation.create(SYSTEM, 1, rooms, days, seed=11, until=now, plant=PlantPlan())
            run_now(services, "first_pass", hotel, now, silent)
            run_now(services, "forecast", hotel, now, silent)
            services.identity.add_user(SYSTEM, "deniz", PASSWORD, "superadmin", full_name="Deniz", language="en")
            with dashboard(home, url, cache.url) as address:
                yield BigHotel(services, hotel, address)
        finally:
            services.close()
            cache.stop()
