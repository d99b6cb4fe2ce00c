"""Parts of the account page: who you are here, and another password."""

import streamlit as st

from pages.shell import reads
from pages.shell.attempt import attempted
from pages.shell.browser import here
from pages.shell.chosen_password import new_password_fields, present_password, same_twice
from pages.shell.guard import Page
from pages.shell.sign_in import enter_with
from pages.shell.text import badge, person, plain


def profile(page: Page) -> None:
    """Name, role and hotels; only administrators change them."""
    t, user = page.t, page.user
    names = t("shell.all_hotels")
    if not user.sees_all_hotels:
        names = ", ".join(hotel.name for hotel in reads.hotels(page)) or t("users.no_hotels")
    with st.container(border=True):
        st.markdown(f"{person(user.full_name, user.username)} {badge(t(f'role.{user.role}'))}")
        st.markdown(f":material/apartment: {plain(names)}")


def password(page: Page) -> None:
    """Another password; it ends every session, and this window goes on in a new one."""
    t = page.t
    st.header(t("password.change"), anchor=False)
    with st.form("change_password", clear_on_submit=True):
        present = present_password(t, "change")
        new, again = new_password_fields(t)
        is_sent = st.form_submit_button(t("password.save"), type="primary")
    if is_sent and attempted(page, lambda: _change(page, present, new, again)):
        st.success(t("password.changed"), icon=":material/check_circle:")


def _change(page: Page, present: str, new: str, again: str) -> None:
    same_twice(new, again)
    enter_with(page.services.accounts.change_password(page.user, present, new), here())
