"""Pages under AppTest: the real services on a database of the test, signed in as one of the cast."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core.clock import FixedClock
from core.embedded.servers import Servers
from core.scope import SYSTEM, Scope
from core.settings import ROOT, Settings
from db.session import Database
from pages.shell import provider, session
from services import Services, build_services

PASSWORD = "a long enough password"
OVERVIEW = "pages/overview/overview.py"
BOARD = "pages/alerts/board.py"
ALERT = "pages/alerts/alert.py"
JOBS = "pages/system/jobs.py"


@pytest.fixture(autouse=True, scope="session")
def components_scanned_once() -> Iterator[None]:
    """AppTest reads the metadata of every installed package at each run, for components: a third of a page's test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def services(
    app_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Services]:
    """What a dashboard has: signed in to the database as the application's role."""
    settings = Settings(home=tmp_path / "home", models_dir=tmp_path / "models")
    servers = Servers("", "redis://127.0.0.1:1", None, None)
    provider.recorder.cache_clear()
    built = build_services(settings, servers, clock=clock, database=app_database, recorder=provider.recorder())
    monkeypatch.setattr(provider, "build_services", lambda *_, **__: built)
    provider.services.clear()
    st.cache_data.clear()
    yield built
    provider.services.clear()


@dataclass(frozen=True)
class Visit:
    """One visitor's browser, as far as AppTest has one."""

    services: Services
    monkeypatch: pytest.MonkeyPatch

    def sign_in(self, role: str, hotels: list[int] | None, language: str = "tr") -> None:
        """A new user of that role, and this browser with their session's cookie."""
        identity = self.services.identity
        name = f"{role}_{language}"
        identity.add_user(SYSTEM, name, PASSWORD, role, full_name="Ayşe Yılmaz", language=language, hotels=hotels)
        token = identity.redeem_ticket(identity.begin_session(identity.check_password(name, PASSWORD)))
        self.monkeypatch.setattr(session, "session_token", lambda: token)

    def scope(self) -> Scope:
        """What the signed-in user may see."""
        user = self.services.identity.session_user(session.session_token() or "")
        assert user is not None
        return self.services.identity.scope_of(user)

    def open(self, page: str = OVERVIEW, /, unfolded: Sequence[str] = (), **address: str | list[str]) -> AppTest:
        """The page as it looks after its first run; ``unfolded``: tables of charts that somebody has opened."""
        app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=240)
        app.context["locale"] = "en-GB"
        with self.monkeypatch.context() as stranger:  # the run that registers the pages: as cheap as it can be
            stranger.setattr(session, "session_token", lambda: None)
            app.run()
        for name, value in address.items():
            app.query_params[name] = value
        for name in unfolded:
            app.session_state[f"open_{name}"] = True
        return app.switch_page(page).run()


@pytest.fixture
def visit(services: Services, monkeypatch: pytest.MonkeyPatch) -> Visit:
    monkeypatch.setattr(session, "session_token", lambda: None)
    monkeypatch.setattr(session, "address", lambda: "192.0.2.1")
    return Visit(services, monkeypatch)


Text = Callable[[AppTest], str]


@pytest.fixture
def text() -> Text:
    """Everything a page says, unescaped, in one string."""

    def read(app: AppTest) -> str:
        kinds = (
            "title",
            "header",
            "subheader",
            "markdown",
            "info",
            "warning",
            "success",
            "error",
            "metric",
            "expander",
        )
        said = [
            str(part)
            for kind in kinds
            for element in app.get(kind)
            for part in (
                element.label if kind in ("metric", "expander") else element.value,
                getattr(element, "value", ""),
            )
        ]
        said += [element.label for element in app.button]
        return "\n".join(said).replace("\\", "")

    return read
