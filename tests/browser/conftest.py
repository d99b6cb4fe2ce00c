"""The running application in Chromium: a sample hotel with known alerts, one dashboard process, one browser.

A machine without Chromium fails here: a browser suite that skips itself would be green and say nothing.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from sqlalchemy import text

from core.clock import SystemClock
from core.embedded.servers import Servers
from core.embedded.valkey import ValkeyServer
from core.key_ring import key_ring
from core.scope import SYSTEM
from core.settings import Settings
from db.session import open_database
from services import Services, build_services
from tests.browser.sample import sample_hotels
from tests.dashboard import dashboard
from tests.pages.alerts import raise_alerts

CHROMIUM = Path(os.environ.get("BAROMETER_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
GUIDE = bool(os.environ.get("BAROMETER_GUIDE"))  # make the pictures of the user guide, from the sample hotel
PASSWORD = "a long enough password"
PATIENCE = 30_000  # milliseconds: a machine at work on other things is slow, not broken
expect.set_options(timeout=PATIENCE)
USERS = {
    "ayse": ("admin", "tr"), "eda": ("admin", "en"), "bora": ("kat_sorumlusu", "tr"),
    "deniz": ("superadmin", "en"), "firat": ("superadmin", "tr"),
}  # fmt: skip
FULL_NAMES = {"ayse": "Ayşe Yılmaz", "eda": "Eda Aydın", "deniz": "Deniz Işık", "firat": "Fırat Kaya"}


@dataclass(frozen=True)
class Instance:
    """A running dashboard and the services on the same database."""

    address: str
    services: Services
    hotel_ids: list[int]
    alert_ids: list[int]


@dataclass
class Visitor:
    """One browser profile of one person; remembers what went wrong in it."""

    page: Page
    address: str
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        self.page.goto(self.address + path)

    def see(self, name: str) -> None:
        self.page.get_by_role("heading", name=name, exact=True).wait_for()
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()

    def choose(self, field: Locator, option: str) -> None:
        """An option of a list; the list closes again when a part of the page that comes late is drawn meanwhile."""
        for _ in range(10):
            field.click()
            try:
                self.page.get_by_role("option", name=option).click(timeout=PATIENCE / 10)
            except PlaywrightTimeoutError:
                self.page.keyboard.press("Escape")
            else:
                return
        pytest.fail(f"the list never stayed open for {option}")

    def sign_in(self, username: str, password: str = PASSWORD, labels: tuple[str, str, str] | None = None) -> None:
        user_label, password_label, button = labels or ("Kullanıcı adı", "Parola", "Oturum aç")
        self.page.get_by_label(user_label).fill(username)
        self.page.get_by_label(password_label, exact=True).fill(password)
        self.page.get_by_role("button", name=button, exact=True).click()


@pytest.fixture(scope="session")
def instance(
    template_url: str, valkey_server: ValkeyServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    root_url = template_url.rsplit("/", 1)[0]
    admin = open_database(root_url + "/postgres", pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS browser WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE browser TEMPLATE barometer"))
    admin.dispose()
    url = root_url + "/browser"
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, models_dir=home / "models")
    services = build_services(
        settings, Servers(url, valkey_server.url, None, None), database=open_database(url, keys=key_ring(settings))
    )
    hotels, alerts = sample_hotels(services) if GUIDE else small_hotels(services)
    for name, (role, language) in USERS.items():
        services.identity.add_user(
            SYSTEM,
            name,
            PASSWORD,
            role,
            full_name=FULL_NAMES.get(name, name),
            language=language,
            hotels=None if role == "superadmin" else hotels[:1],
        )
    with dashboard(settings.home, url, valkey_server.url) as address:
        yield Instance(address, services, hotels, alerts)
    services.close()


def small_hotels(services: Services) -> tuple[list[int], list[int]]:
    """Two hotels of a dozen rooms, collected but not judged; four alerts that were raised by hand."""
    now = SystemClock().now()
    hotels = services.simulation.create(SYSTEM, 2, 12, 45, seed=7, until=now)
    for hotel_id in hotels:
        services.pipeline.metrics.collect(SYSTEM, hotel_id, SystemClock().now())
    return hotels, raise_alerts(services, hotels[0], SystemClock().now() - timedelta(hours=1))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"Chromium is missing: {CHROMIUM} (apt install chromium, or set BAROMETER_CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


NewVisitor = Callable[..., Visitor]


@pytest.fixture
def new_visitor(chromium: Browser, instance: Instance) -> Iterator[NewVisitor]:
    """Makes browser profiles: ``new_visitor()`` a stranger's, ``new_visitor("ayse")`` a signed-in one."""
    contexts: list[BrowserContext] = []

    def make(
        username: str | None = None,
        *,
        width: int = 1440,
        theme: Literal["light", "dark"] = "light",
        locale: str = "tr-TR",
        phone: bool = False,
    ) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            locale=locale,
            user_agent=PHONE if phone else None,
        )
        contexts.append(context)
        if username:
            identity = instance.services.identity
            ticket = identity.begin_session(identity.check_password(username, PASSWORD))
            token = identity.redeem_ticket(ticket)
            context.add_cookies([{"name": "barometer_session", "value": token, "url": instance.address}])
        return watched(Visitor(context.new_page(), instance.address))

    yield make
    for context in contexts:
        context.close()


def watched(visitor: Visitor) -> Visitor:
    """Collect what the page complains about and what it loads.

    On a page below the root Streamlit first asks for its health beside the page and gets a 404; that is its way of
    finding the root, not a problem of ours.
    """
    page = visitor.page
    page.set_default_timeout(PATIENCE)
    page.on("request", lambda request: visitor.requests.append(request.url))
    page.on("pageerror", lambda error: visitor.problems.append(str(error)))
    page.on(
        "console",
        lambda message: (
            visitor.problems.append(f"{message.text} {message.location}")
            if message.type == "error" and "_stcore/" not in str(message.location)
            else None
        ),
    )
    return visitor
