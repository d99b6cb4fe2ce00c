"""The dialogs of the page Backups: look at one, take it along, prove, restore or delete it; undo a restore."""

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import AppError
from pages.shell.asking import asking, done
from pages.shell.attempt import attempted, refusal, refused
from pages.shell.backup_parts import choose
from pages.shell.backup_routes import address
from pages.shell.guard import Page
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.backups.service import Backup, TableDifference, Undoable

MANAGE, UNDO = "manage_backup", "undo_restore"
SHOWN_TABLES = 12


def manage_dialog(page: Page, one: "Backup") -> None:
    t, may = page.t, page.scope.allows

    @asking(plain(one.name))
    def dialog() -> None:
        if one.label is not None:
            muted(t.instant(one.label.made_at))  # the name has the hour of UTC
        if may("backups.write"):
            _take_along(page, one)
        if one.label is not None:
            _differences(page, one)
        if may("backups.restore") and one.state != "damaged":
            _restore(page, one)
            choose(page, one)
        if may("backups.write"):
            with st.expander(t("backups.delete")):
                _delete(page, one)

    dialog()


def _take_along(page: Page, one: "Backup") -> None:
    t, jobs = page.t, page.services.backup_jobs
    with st.container(horizontal=True):
        st.link_button(t("backups.download"), address(one.name), key="download_backup", icon=":material/download:")
        if st.button(t("backups.prove"), key="prove_backup", icon=":material/verified:") and attempted(
            page, lambda: jobs.prove(page.scope, one.name)
        ):
            done()


def _differences(page: Page, one: "Backup") -> None:
    """What a restore would lose and gain, counted when somebody asks."""
    t = page.t
    if not st.toggle(t("backups.preview"), key=f"preview_{one.name}"):
        return
    found: list[TableDifference] = []
    with st.spinner(t("backups.comparing")):
        error: AppError | None = refused(
            page, lambda: found.extend(page.services.backups.preview(page.scope, one.name))
        )
    if error is not None:
        refusal(page, error)
        return
    changed = [table for table in found if table.has_changed]
    if not changed:
        st.info(t("backups.no_difference"), icon=":material/check:")
        return
    st.table(
        {
            t("backup.table"): [plain(table.table) for table in changed[:SHOWN_TABLES]],
            t("backup.now"): [t.number(table.rows_now) for table in changed[:SHOWN_TABLES]],
            t("backup.then"): [t.number(table.rows_then) for table in changed[:SHOWN_TABLES]],
            t("backup.lost"): [_amount(page, table.lost) for table in changed[:SHOWN_TABLES]],
            t("backup.gained"): [_amount(page, table.gained) for table in changed[:SHOWN_TABLES]],
        },
        border="horizontal",
        hide_index=True,
    )
    if len(changed) > SHOWN_TABLES:
        muted(t("backups.more_tables", count=len(changed) - SHOWN_TABLES))
    muted(t("backups.kept"))


def _amount(page: Page, rows: int) -> str:
    return page.t.number(rows) if rows else "–"


def _restore(page: Page, one: "Backup") -> None:
    t, jobs = page.t, page.services.backup_jobs
    with st.form("restore_backup"):
        st.markdown(plain(t("backups.restore_told")))
        typed = st.text_input(t("backups.type_name", name=one.name), key="restore_name", autocomplete="off")
        is_sent = st.form_submit_button(t("backups.restore"), type="primary")
    if is_sent and attempted(page, lambda: jobs.restore(page.scope, one.name, typed)):
        done()


def _delete(page: Page, one: "Backup") -> None:
    t, backups = page.t, page.services.backups
    with st.form("delete_backup", border=False):
        typed = st.text_input(t("backups.type_name", name=one.name), key="delete_name", autocomplete="off")
        is_sent = st.form_submit_button(t("backups.delete_for_good"))
    if is_sent and attempted(page, lambda: backups.delete(page.scope, one.name, typed)):
        done()


def undo_dialog(page: Page, found: "Undoable") -> None:
    t, jobs = page.t, page.services.backup_jobs

    @asking(t("backups.undo"))
    def dialog() -> None:
        st.markdown(plain(t("backups.undo_told", at=found.at)))
        if st.button(t("backups.undo"), type="primary", key="undo_for_certain") and attempted(
            page, lambda: jobs.undo(page.scope)
        ):
            done()

    dialog()
