"""The archive's folder when it is not this installation's, on the page Archive: why, and adopting it."""

import streamlit as st

from pages.shell.asking import ask, asked, asking, done
from pages.shell.attempt import attempted, refusal
from pages.shell.guard import Page
from pages.shell.text import plain

ADOPT = "adopt_folder"


def folder(page: Page) -> None:
    """Nothing where the folder can be written to."""
    fault = page.services.archive.folder_fault(page.scope)
    if fault is None:
        return
    refusal(page, fault)
    if not page.scope.allows_everywhere("archive.write"):
        return
    if st.button(page.t("archive.adopt"), key=ADOPT, icon=":material/move_to_inbox:"):
        ask(ADOPT, ADOPT)
    if asked(ADOPT, ADOPT):
        _dialog(page)


def _dialog(page: Page) -> None:
    t, archive = page.t, page.services.archive

    @asking(t("archive.adopt"))
    def dialog() -> None:
        st.markdown(plain(t("archive.adopt_sure", folder=page.services.settings.archive_folder)))
        if st.button(t("archive.adopt"), type="primary", key="adopt_now") and attempted(
            page, lambda: archive.adopt(page.scope)
        ):
            done()

    dialog()
