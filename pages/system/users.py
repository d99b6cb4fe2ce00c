"""Users: who may sign in, as what, for which hotels; invitations, resets, locks (A9.1)."""

import streamlit as st

from pages.shell import reads
from pages.shell.asking import ask, asked
from pages.shell.console import in_local_time
from pages.shell.filters import ALL, choose_one, filter_row, search_text
from pages.shell.guard import open_page
from pages.shell.user_actions import INVITE, MANAGE, invite_dialog, manage_dialog
from pages.shell.user_rows import STATES, found, user_row

SHOWN = 50


def show() -> None:
    page = in_local_time(open_page("users.write"))
    t = page.t
    st.title(t("users.title"), anchor=False)
    accounts, hotels = page.services.users.listed(page.scope), reads.hotels(page)
    with filter_row(t("shell.filters")):
        search = search_text("search", t("users.search"), t("users.search_hint"))
        roles = {ALL: t("shell.all"), **{role: t(f"role.{role}") for role in page.services.users.known_roles()}}
        role = choose_one("role", list(roles), t("users.role"), roles.__getitem__)
        states = {ALL: t("shell.all"), **{state: t(f"users.state_{state}") for state in STATES}}
        state = choose_one("state", list(states), t("users.state"), states.__getitem__)
        if st.button(t("users.invite"), type="primary", key="invite", icon=":material/person_add:"):
            ask(INVITE, 0)
    shown = [account for account in accounts if found(account, search, role, state)]
    if not shown:
        st.info(f"**{t('users.empty_title')}**  \n{t('users.empty_text')}", icon=":material/person_search:")
    for account in shown[:SHOWN]:
        user_row(page, account, hotels)
        if asked(MANAGE, account.row.id):
            manage_dialog(page, account, hotels)
    if len(shown) > SHOWN:
        st.info(t("users.more", count=len(shown) - SHOWN), icon=":material/more_horiz:")
    if asked(INVITE, 0):
        invite_dialog(page, hotels)


if __name__ == "__main__":
    show()
