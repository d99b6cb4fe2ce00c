"""Runs of pages, and of parts of them, are measured as requests are (SPEC C3)."""

from collections.abc import Callable
from functools import wraps
from time import perf_counter
from types import TracebackType
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from core.errors import AppError
from core.request_context import current_request, end_request, identify_request, place_request
from identity.service import User
from operations.requests.recorder import UNKNOWN_ROUTE, Endpoint, Request
from pages.shell.provider import recorder
from pages.shell.session import begin_visit

SIGN_IN = "sign-in"
LAST_PAGE = "measured_page"  # of the session: what its fragments are parts of
ENDINGS = (StopException, RerunException)
P = ParamSpec("P")


class PageRun:
    """One run from its begin to its end, however it ends: ``st.stop`` is an end like any other.

    A run that gives way to another (``st.rerun``, or the reader clicked meanwhile) is not counted; the other one is.
    """

    def __init__(self, kind: str = "page", route: str = UNKNOWN_ROUTE) -> None:
        self.kind = kind
        self.route = route
        self.began = perf_counter()

    def knows(self, url_path: str, user: User | None) -> None:
        """Which page it is, and for whom; without a user it shows the sign-in form."""
        self.route = f"/{url_path}" if user else SIGN_IN
        place_request(self.route)
        if user:
            identify_request(user.username, user.role)
        st.session_state[LAST_PAGE] = (self.route, user)

    def __enter__(self) -> "PageRun":
        begin_visit()
        recorder().begin(self.kind)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        recorder().end(self.kind)
        if not isinstance(error, RerunException):
            status, code = _outcome(error)
            asked, seconds = current_request(), perf_counter() - self.began
            endpoint = Endpoint(self.kind, "", self.route)
            recorder().record(Request(endpoint, seconds, status, asked.actor, asked.request_id, code))
        if kind is None or issubclass(kind, ENDINGS):
            end_request()  # what failed ends when it was shown: ``show_error`` tells whose request it was


def _outcome(error: BaseException | None) -> tuple[int, str | None]:
    """The status that a request would have had, and the code of the error."""
    if error is None or isinstance(error, StopException):
        asked = current_request()
        return asked.http_status or 200, asked.error_code
    if isinstance(error, AppError):
        return error.http_status, error.code
    return 500, "internal_error"


def fragment(part: Callable[P, None], run_every: float | None = None) -> Callable[P, None]:
    """``st.fragment`` that is measured when it runs alone; within a run of its page it is a part of that."""

    @wraps(part)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        if current_request().request_id is not None:
            part(*args, **kwargs)
            return
        route, user = st.session_state.get(LAST_PAGE, (UNKNOWN_ROUTE, None))
        with PageRun("fragment", route):
            place_request(route)
            if user:
                identify_request(user.username, user.role)
            part(*args, **kwargs)

    return st.fragment(run, run_every=run_every)
