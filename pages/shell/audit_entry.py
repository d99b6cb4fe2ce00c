"""One entry of the audit log: everything that is known of it, and what it changed, field by field."""

import json
from typing import Any

import streamlit as st

from identity.audit.service import AuditRow, changes
from pages.shell.audit_words import action_word, actor_word, entity_word, role_word
from pages.shell.guard import Page
from pages.shell.text import badge, muted, plain

UNKNOWN = "–"


def entry(page: Page, row: AuditRow, names: dict[int, str]) -> None:
    """Below the table: the sentence of the entry, where it came from, the difference, and the rest."""
    t = page.t
    with st.container(border=True):
        st.subheader(plain(f"{action_word(t, row.action)}: {entity_word(t, row) or UNKNOWN}"), anchor=False)
        who = " · ".join(filter(None, [actor_word(t, row.actor), role_word(t, row.role), names.get(row.hotel_id or 0)]))
        muted(f"{t.instant(row.occurred_at)} · {who}")
        muted(t("audit.came_from", address=row.address or UNKNOWN, request=row.request_id or UNKNOWN, number=row.id))
        difference(page, row)
        if row.details:
            st.markdown(f"**{t('audit.details')}**")
            pairs(page, row.details)


def difference(page: Page, row: AuditRow) -> None:
    """Before beside after; changed fields first and marked by a word."""
    t, found = page.t, sorted(changes(row.before, row.after), key=lambda change: not change.is_different)
    if not found:
        muted(t("audit.no_change_told"))
        return
    marks = {True: badge(t("audit.changed"), "orange", ":material/edit:"), False: ""}
    st.table(
        {
            t("audit.field"): [plain(change.field) for change in found],
            t("audit.before"): [plain(written(change.before)) for change in found],
            t("audit.after"): [plain(written(change.after)) for change in found],
            t("audit.difference"): [marks[change.is_different] for change in found],
        },
        border="horizontal",
        hide_index=True,
    )


def pairs(page: Page, values: dict[str, Any]) -> None:
    st.table(
        {
            page.t("audit.field"): [plain(name) for name in values],
            page.t("audit.value"): [plain(written(value)) for value in values.values()],
        },
        border="horizontal",
        hide_index=True,
    )


def written(value: Any) -> str:
    """A stored value as it is; None is a dash."""
    if value is None:
        return UNKNOWN
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
