"""The services of this process, built once and shared by every session, the API and the sign-in routes."""

import streamlit as st

from core.settings import load_settings
from services import Services, build_services


@st.cache_resource(show_spinner=False)
def services() -> Services:
    return build_services(load_settings())
