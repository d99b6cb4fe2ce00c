"""The entries of the audit log as a table, downloaded as they are shown, and the way to older and newer ones."""

import streamlit as st

from identity.audit.service import AuditPage, AuditRow
from pages.shell.audit_words import action_word, actor_word, entity_word, role_word
from pages.shell.consumption_tables import show_sheet
from pages.shell.filters import to_address
from pages.shell.guard import Page
from pages.shell.stock_tables import instants
from pages.shell.text import muted
from reports.excel import Column, Sheet


def entries_sheet(page: Page, rows: list[AuditRow], names: dict[int, str]) -> Sheet:
    """One row an entry, the newest first; what a phone shows beside the time: who did what."""
    t = page.t
    columns = [
        Column(t("audit.at"), "instant"), Column(t("audit.who")), Column(t("audit.what")), Column(t("audit.entity")),
        Column(t("shell.hotel")), Column(t("audit.role")), Column(t("audit.address")), Column(t("audit.request")),
        Column(t("audit.number"), "whole"),
    ]  # fmt: skip
    found = [
        (
            row.occurred_at, actor_word(t, row.actor), action_word(t, row.action), entity_word(t, row),
            names.get(row.hotel_id or 0, ""), role_word(t, row.role), row.address or "", row.request_id or "", row.id,
        )
        for row in rows
    ]  # fmt: skip
    return Sheet(t("audit.title"), columns, found)


def table(page: Page, sheet: Sheet, rows: list[AuditRow]) -> AuditRow | None:
    """The table; the entry whose row is ticked."""
    show_sheet(
        sheet, "audit", config=instants(page.t, page.t("audit.at")), on_select="rerun", selection_mode="single-row"
    )
    return next((rows[place] for place in ticked() if place < len(rows)), None)


def ticked() -> list[int]:
    return list(st.session_state["audit"].selection.rows)


def older_and_newer(page: Page, found: AuditPage) -> None:
    """By the entry at the edge, not by a number: entries that come meanwhile do not move the pages."""
    t, rows = page.t, found.rows
    with st.container(horizontal=True):
        for name, is_there, edge, icon in (
            ("newer", found.has_newer, f">{rows[0].id}", ":material/chevron_left:"),
            ("older", found.has_older, f"<{rows[-1].id}", ":material/chevron_right:"),
        ):
            st.button(
                t(f"audit.{name}"), key=f"audit_{name}", icon=icon, disabled=not is_there,
                on_click=to_address, kwargs={"page": edge},
            )  # fmt: skip


def verification(page: Page) -> None:
    """What going through the whole log showed last night."""
    t, last = page.t, page.services.audit.last_verification(page.scope)
    if last is None:
        muted(t("audit.never_verified"))
    elif last.findings:
        told = t("audit.verified_broken", at=t.instant(last.at), count=last.findings, entries=t.number(last.entries))
        st.error(told, icon=":material/gpp_bad:")
    else:
        muted(t("audit.verified", at=t.instant(last.at), count=last.entries))
