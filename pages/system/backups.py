"""Backups: is there a proven one, how old is it, and how is the installation put back (C8)."""

import streamlit as st

from pages.shell import backup_panels as panels
from pages.shell import backup_parts
from pages.shell.asking import asked
from pages.shell.backup_actions import MANAGE, UNDO, manage_dialog, undo_dialog
from pages.shell.console import in_local_time
from pages.shell.guard import open_page
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted


def show() -> None:
    page = in_local_time(open_page("backups.read"))
    t, backups = page.t, page.services.backups
    st.title(t("backups.title"), anchor=False)
    if page.scope.hotels is not None:
        st.info(t("backups.all_hotels"), icon=":material/lock:")
        return
    found = backups.listed(page.scope)
    panels.key_figures(page, found)
    panels.warnings(page, found)
    panels.work(page)
    if found.undoable is not None:
        panels.undoable(page, found.undoable)
    if page.scope.allows("backups.restore"):
        backup_parts.panels(page)
    if not found.backups:
        st.info(f"**{t('backups.empty_title')}**  \n{t('backups.empty_text')}", icon=":material/backup:")
    for one in found.backups:
        panels.row(page, one)
        if asked(MANAGE, one.name):
            manage_dialog(page, one)
    if found.undoable is not None and asked(UNDO, 0):
        undo_dialog(page, found.undoable)
    muted(t("backups.help", next=page.services.backup_jobs.next_at(page.scope)))
    rerun_when_changed(panels.seen(found), lambda: panels.seen(backups.listed(page.scope)))


if __name__ == "__main__":
    show()
