"""Doors 1 and 2 in one process: the Streamlit app, the API under /api and the sign-in routes under /auth.

Started by ``python asgi.py``; address and port come from the settings (BAROMETER_ADDRESS, BAROMETER_PORT). Any ASGI
server can run ``asgi:app`` as well, always with one worker: Streamlit keeps its sessions in the process.
"""

from asyncio import create_task, to_thread
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Thread

import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from streamlit import App
from streamlit.runtime.pages_manager import PagesManager

from api.app import create_api
from api.metering import Metering
from core.clock import SystemClock
from core.errors import AppError
from core.logs import configure_logging
from core.settings import ROOT, load_settings
from operations.profiler.watch import SERVING, ProfileWatch
from operations.queries.statement_log import DASHBOARD, StatementLog
from operations.requests.flushing import Flushing, stop_all
from pages.shell import backup_routes, navigation, oidc_routes, preloading, reads
from pages.shell import theme as themes
from pages.shell.entrance import cookie_user, enter, leave
from pages.shell.errors import show_error
from pages.shell.gate import Gate
from pages.shell.head import HeadScripts
from pages.shell.headers import SecurityHeaders
from pages.shell.provider import recorder, services
from pages.shell.told_errors import ToldErrors
from pages.shell.warming import warm
from pages.shell.watch import watch_sessions

# Longer than clients and proxies keep an idle connection (60 s): who closes first must not be this side, or a request
# that is on its way just then is lost.
KEEP_ALIVE_SECONDS = 75
# A download or a stream may go on for many minutes; who stops the process does not wait for them.
LAST_ANSWERS_SECONDS = 5


def theme(request: Request) -> Response:
    """The theme of whoever asks; who is not signed in has that of the device."""
    try:
        user = cookie_user(request)
    except AppError:  # the database is away: the page itself will say so, in the device's theme
        user = None
    headers = {"Cache-Control": "no-store"}
    return Response(
        themes.theme_script(user.theme if user else "device"), media_type="text/javascript", headers=headers
    )


def preload(_: Request) -> Response:
    """The same for everybody; its names change with Streamlit's version, so browsers ask each time."""
    return Response(preloading.preload_script(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})


# Home.py names the pages. Without this Streamlit would take the folder pages/ for its own kind of multipage app in
# the first run of the process, and an address such as /alerts would be "not found" to the first visitor.
PagesManager.uses_pages_directory = False


def write_requests() -> None:
    """What was measured goes to the database; a process that nobody asked anything needs none."""
    if not recorder().is_empty:
        services().requests.flush()
        services().cached_reads.flush()


def warm_answers() -> None:
    """What programs ask for again and again is made anew when its data changed; not while memory is short."""
    if not services().memory_watch.refuses:
        services().cached_reads.warm()


def watch_redis() -> None:
    """How the server answers, for the record: since when it is away is told although nobody looked at the page."""
    services().redis.watch()


def watch_statements() -> None:
    """What statements of the database took, for the hours that the page of queries shows."""
    services().queries.watch()


def watch_memory() -> None:
    """How much this process holds; what it can spare are read answers and loaded models."""
    watch = services().memory_watch
    watch.spares = [reads.forget, services().pipeline.models.spare]
    watch.look()


def follow_configuration() -> None:
    """A new version of the configuration is taken by this process too (C9)."""
    services().configuration.follow()


@asynccontextmanager
async def serving(_: object) -> AsyncIterator[None]:
    """Serve at once; a thread meanwhile loads what the first visitor would wait for, another writes
    measurements, and a task looks after the sessions of open pages."""
    Thread(target=warm, name="warming", daemon=True).start()
    profiles = ProfileWatch(lambda: services().database, SystemClock(), SERVING)
    threads = (
        Flushing(write_requests), Flushing(watch_redis, told_as="redis_not_watched"),
        Flushing(warm_answers, told_as="answers_not_warmed"),
        Flushing(watch_memory, told_as="memory_not_watched", at_once=True),
        Flushing(follow_configuration, told_as="configuration_not_read", at_once=True),
        Flushing(watch_statements, 60.0, told_as="statements_not_counted"), profiles.thread(),
        StatementLog(lambda: services().database, DASHBOARD).thread(),
    )  # fmt: skip
    for thread in threads:
        thread.start()
    watching = create_task(watch_sessions(), name="sessions")
    yield
    watching.cancel()
    profiles.ending.set()
    await to_thread(stop_all, threads)


def to_first_page(request: Request) -> Response:
    """Streamlit serves the first page at / alone and calls its name in the table of pages "not found"."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


def measured(path: str, endpoint: Callable[[Request], Response]) -> Route:
    """A route outside of the API that is measured like one of it."""
    return Route(path, endpoint, middleware=[Middleware(Metering, recorder=recorder(), route=path)])


app = App(
    ROOT / "Home.py",
    routes=[
        Mount("/api", create_api(services, recorder())),
        measured("/auth/enter", enter),
        measured("/auth/leave", leave),
        measured(oidc_routes.BEGIN, oidc_routes.begin),
        measured(oidc_routes.ANSWER, oidc_routes.answer),
        measured(backup_routes.FILE, backup_routes.take_along),
        Route(f"/{navigation.FIRST_PATH}", to_first_page),
        Route(themes.ROUTE, theme),
        Route(preloading.ROUTE, preload),
    ],
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(ToldErrors),
        Middleware(Gate, is_signed_in=lambda request: cookie_user(request) is not None),
        Middleware(HeadScripts, first=(themes.ROUTE,), later=(preloading.ROUTE,)),
    ],
    lifespan=serving,
    on_script_error=show_error,
)

if __name__ == "__main__":
    settings = load_settings()
    configure_logging("dashboard", settings.log_level, settings.logs_dir)
    # Tickets stand in addresses for their minute of life, so requests are not logged; they are measured by route (C3).
    uvicorn.run(
        app, host=settings.address, port=settings.port, access_log=False, log_config=None, server_header=False,
        forwarded_allow_ips=settings.trusted_proxies, timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=LAST_ANSWERS_SECONDS,
    )  # fmt: skip
