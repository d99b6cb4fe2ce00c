"""Audit: who did what, when and from where, and what it changed; nobody can change it (C13, A9.4)."""

import streamlit as st

from pages.shell.audit_entry import entry
from pages.shell.audit_filters import audit_filters
from pages.shell.audit_tables import entries_sheet, older_and_newer, table, verification
from pages.shell.consumption_tables import downloads
from pages.shell.guard import open_page
from pages.shell.text import muted


def show() -> None:
    page = open_page("audit.read")
    t = page.t
    st.title(t("audit.title"), anchor=False)
    muted(t("audit.help"))
    under_title = st.container()
    page, names, asked = audit_filters(page)
    with under_title:
        verification(page)
    found = page.services.audit.page(page.scope, asked.filters, asked.rows, before=asked.before, after=asked.after)
    if not found.rows:
        st.info(f"**{t('audit.empty_title')}**  \n{t('audit.empty_text')}", icon=":material/search_off:")
    else:
        sheet = entries_sheet(page, found.rows, names)
        chosen = table(page, sheet, found.rows)
        older_and_newer(page, found)
        downloads(page, [sheet], "audit", None)
        if chosen is not None:
            entry(page, chosen, names)


if __name__ == "__main__":
    show()
