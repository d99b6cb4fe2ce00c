"""The dialogs of the list of users: invite somebody; change, disable, unlock, hand out a link."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlparse

import streamlit as st

from core.i18n import LANGUAGES
from identity.links import Link
from identity.users import Account
from pages.shell.asking import asking, done
from pages.shell.attempt import attempted
from pages.shell.guard import Page
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from sources.hotels import HotelRow

INVITE, MANAGE = "invite_user", "manage_user"
ALL_HOTELS = 0


def invite_dialog(page: Page, hotels: "list[HotelRow]") -> None:
    t = page.t

    @asking(t("users.invite"))
    def dialog() -> None:
        with st.form("invite_user"):
            username = st.text_input(t("signin.username"), max_chars=64, key="invite_username", autocomplete="off")
            full_name = st.text_input(t("users.full_name"), max_chars=200, key="invite_name", autocomplete="off")
            email = _email(page, "invite_email")
            role = _role(page, "invite_role")
            chosen = _hotels(page, hotels, "invite_hotels", [hotels[0].id] if len(hotels) == 1 else [])
            language = st.segmented_control(
                t("shell.language"), LANGUAGES, default=page.user.language, required=True, key="invite_language",
                format_func=lambda one: t(f"shell.language_{one}"),
            )  # fmt: skip
            is_sent = st.form_submit_button(t("users.invite"), type="primary")
        made: list[Link] = []
        if is_sent and attempted(
            page,
            lambda: made.append(
                page.services.users.invite(
                    page.scope, username.strip(), role, full_name=full_name, email=email, language=language or "tr",
                    hotels=chosen,
                )
            ),
        ):  # fmt: skip
            _hand_over(page, made[0], is_mailed=bool(email.strip()) and page.services.users.mailer.is_on)

    dialog()


def manage_dialog(page: Page, account: Account, hotels: "list[HotelRow]") -> None:
    t, row = page.t, account.row

    @asking(t("users.manage_title", name=row.full_name))
    def dialog() -> None:
        with st.form("change_user"):
            full_name = st.text_input(t("users.full_name"), row.full_name, max_chars=200, key=f"name_{row.id}")
            email = _email(page, f"email_{row.id}", row.email or "")
            role = _role(page, f"role_{row.id}", row.role)
            chosen = _hotels(
                page, hotels, f"hotels_{row.id}", [ALL_HOTELS] if row.sees_all_hotels else list(row.hotels)
            )
            is_sent = st.form_submit_button(t("users.save"), type="primary")
        if is_sent:
            change = page.services.users.change
            if attempted(
                page,
                lambda: change(page.scope, row.id, full_name=full_name, email=email, role=role, hotels=chosen),
            ):
                done()
        _access(page, account)

    dialog()


def _access(page: Page, account: Account) -> None:
    """The buttons that let in and keep out."""
    t, users, row = page.t, page.services.users, account.row
    with st.container(horizontal=True):
        wants_link = row.is_active and st.button(t("users.new_link"), key="new_link", icon=":material/link:")
        wants_mail = (
            row.is_active and row.email is not None and page.services.users.mailer.is_on
            and st.button(t("users.mail_link"), key="mail_link", icon=":material/forward_to_inbox:")
        )  # fmt: skip
        wants_unlock = st.button(t("users.unlock"), key="unlock", icon=":material/lock_open:")
        wants_forget = row.has_second_factor and _meant(page, "forget_factor", ":material/remove_moderator:")
        wants_switch = _meant(page, "disable", ":material/block:") if row.is_active else _enabling(page)
    made: list[Link] = []
    if (wants_link or wants_mail) and attempted(page, lambda: made.append(users.new_link(page.scope, row.id))):
        _hand_over(page, made[0], is_mailed=wants_mail)
    if wants_unlock and attempted(page, lambda: users.unlock(page.scope, row.id)):
        done()
    if wants_forget and attempted(page, lambda: users.forget_second_factor(page.scope, row.id)):
        done()
    if wants_switch and attempted(page, lambda: users.set_active(page.scope, row.id, not row.is_active)):
        done()


def _meant(page: Page, what: str, icon: str) -> bool:
    """A button that first says what is lost, so that no slip of the hand takes it from somebody."""
    t = page.t
    with st.popover(t(f"users.{what}"), icon=icon, key=f"asking_{what}"):
        st.markdown(plain(t(f"users.{what}_help")))
        return st.button(t(f"users.{what}"), key=what, type="primary")


def _enabling(page: Page) -> bool:
    t = page.t
    return st.button(t("users.enable"), key="enable", icon=":material/check:", help=t("users.enable_help"))


def _hand_over(page: Page, link: Link, *, is_mailed: bool) -> None:
    """By mail; where there is none, or it could not be sent, as words to hand over."""
    sent: list[str] = []
    if is_mailed and attempted(page, lambda: sent.append(page.services.users.mail(page.scope, link))):
        until = page.t.instant(link.expires_at)
        st.success(plain(page.t("users.link_mailed", email=sent[0], until=until)), icon=":material/mark_email_read:")
    else:
        _show_link(page, link)


def _show_link(page: Page, link: Link) -> None:
    """This once: only its hash is stored."""
    t, here = page.t, urlparse(st.context.url or "")
    st.success(
        plain(t(f"users.link_{link.kind}", username=link.username, until=t.instant(link.expires_at))),
        icon=":material/link:",
    )
    st.code(f"{here.scheme}://{here.netloc}/password?{urlencode({'link': link.token})}", language=None, wrap_lines=True)
    muted(t("users.link_told"))


def _email(page: Page, key: str, present: str = "") -> str:
    told = page.t("users.email_told" if page.services.users.mailer.is_on else "users.email_off")
    return st.text_input(page.t("users.email"), present, max_chars=254, key=key, autocomplete="off", help=told)


def _role(page: Page, key: str, present: str | None = None) -> str:
    roles = page.services.users.roles_to_give(page.scope)
    index = roles.index(present) if present in roles else roles.index("admin") if "admin" in roles else 0
    return st.selectbox(page.t("users.role"), roles, index, format_func=lambda one: page.t(f"role.{one}"), key=key)


def _hotels(page: Page, hotels: "list[HotelRow]", key: str, present: list[int]) -> list[int] | None:
    """Ids; None for all hotels, which only those may give who see all themselves."""
    names = {ALL_HOTELS: page.t("shell.all_hotels")} if page.scope.hotels is None else {}
    names |= {hotel.id: hotel.name for hotel in hotels}
    chosen = st.multiselect(
        page.t("users.hotels"), list(names), [one for one in present if one in names], key=key,
        format_func=names.__getitem__, placeholder=page.t("users.no_hotels"), select_all=False,
    )  # fmt: skip
    return None if ALL_HOTELS in chosen else chosen
