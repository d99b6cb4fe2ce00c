"""What happened with model files: which version was in use when, and what the caches did."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import model_reads
from pages.shell.guard import Page
from pages.shell.model_words import kind_name
from pages.shell.sentences import actor
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.model_files.service import ModelFiles


def history(page: Page, hotel_id: int) -> None:
    """Which version was in use from when to when and why."""
    t, lines = page.t, model_reads.history(page, hotel_id)
    with st.expander(t("models.history"), icon=":material/history:"):
        st.table(
            {
                t("models.kind"): [plain(kind_name(t, line)) for line in lines],
                t("models.version"): [plain(t("models.number", number=line.model_id)) for line in lines],
                t("models.from"): [t.instant(line.active_from) for line in lines],
                t("models.until"): [t.instant(line.active_until) if line.active_until else "–" for line in lines],
                t("models.why"): [plain(t(f"models.reason_{line.reason}")) for line in lines],
                t("models.note"): [plain(line.note or "") for line in lines],
                t("models.who"): [plain(actor(t, line.actor)) for line in lines],
            },
            border="horizontal",
            hide_index=True,
        )


def caches(page: Page, found: "ModelFiles") -> None:
    """What the caches of loaded models did in 24 hours, by service."""
    t, rows = page.t, list(found.cache.items())
    with st.expander(t("models.caches"), icon=":material/memory:"):
        muted(t("models.caches_help"))
        names = ("hits", "misses", "waits", "failures", "refusals", "evictions")
        table = {t("models.service"): [plain(t(f"models.service_{name}")) for name, _ in rows]}
        table |= {t(f"models.cache_{name}"): [t.number(counts[name], 0) for _, counts in rows] for name in names}
        st.table(table, border="horizontal", hide_index=True)
