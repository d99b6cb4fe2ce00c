"""One user in the list of users, in words."""

from typing import TYPE_CHECKING

import streamlit as st

from identity.users import Account
from pages.shell.asking import ask
from pages.shell.filters import ALL
from pages.shell.guard import Page
from pages.shell.text import badge, muted, person
from pages.shell.user_actions import MANAGE

if TYPE_CHECKING:
    from sources.hotels import HotelRow

STATES = {
    "active": ("green", ":material/check_circle:"),
    "invited": ("blue", ":material/mail:"),
    "locked": ("orange", ":material/lock_clock:"),
    "disabled": ("gray", ":material/block:"),
}


def found(account: Account, search: str, role: str, state: str) -> bool:
    """Whether the filters leave the user in the list."""
    row, wanted = account.row, search.strip().casefold()
    is_named = wanted in row.username.casefold() or wanted in row.full_name.casefold()
    return is_named and role in (ALL, row.role) and state in (ALL, account.state)


def user_row(page: Page, account: Account, hotels: "list[HotelRow]") -> None:
    t, row = page.t, account.row
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap="xxsmall"):
            st.markdown(f"{person(row.full_name, row.username)} {_badges(page, account)}")
            muted(f"{t(f'role.{row.role}')} · {_hotels(page, account, hotels)} · {_last_sign_in(page, account)}")
        if account.may_change and st.button(
            t("users.manage"), key=f"manage_{row.id}", icon=":material/manage_accounts:"
        ):
            ask(MANAGE, row.id)


def _badges(page: Page, account: Account) -> str:
    t = page.t
    colour, icon = STATES[account.state]
    said = [badge(t(f"users.state_{account.state}"), colour, icon)]
    if account.row.has_second_factor:
        said.append(badge(t("factor.title"), "green", ":material/verified_user:"))
    return " ".join(said)


def _hotels(page: Page, account: Account, hotels: "list[HotelRow]") -> str:
    if account.row.sees_all_hotels:
        return page.t("shell.all_hotels")
    return ", ".join(hotel.name for hotel in hotels if hotel.id in account.row.hotels) or page.t("users.no_hotels")


def _last_sign_in(page: Page, account: Account) -> str:
    t, row = page.t, account.row
    if account.locked_until is not None:
        return t("users.locked_until", at=t.instant(account.locked_until))
    if row.last_sign_in_at is None:
        return t("users.never_signed_in")
    return t("users.last_sign_in", ago=t.ago(max((page.now - row.last_sign_in_at).total_seconds(), 1.0)))
