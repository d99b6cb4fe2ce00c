"""The services of this process, built once and shared by every session, the API and the sign-in routes."""

from functools import cache

import streamlit as st

from core.clock import SystemClock
from core.settings import load_settings
from operations.requests.recorder import RequestRecorder
from services import Services, build_services


@st.cache_resource(show_spinner=False)
def services() -> Services:
    return build_services(load_settings(), recorder=recorder())


@cache
def recorder() -> RequestRecorder:
    """What this process measures of its requests; it is there before the services are."""
    return RequestRecorder(SystemClock())
