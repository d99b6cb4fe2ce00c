"""Panels of the page Backups: figures, what is at work, what can be undone, and one backup in a line."""

from typing import TYPE_CHECKING

import streamlit as st

from core.i18n import Translator
from operations.backups.parts import words
from pages.shell import session
from pages.shell.asking import ask
from pages.shell.attempt import attempted
from pages.shell.backup_actions import MANAGE, UNDO
from pages.shell.guard import Page
from pages.shell.job_progress import POLL_SECONDS, told
from pages.shell.model_words import megabytes
from pages.shell.page_runs import fragment
from pages.shell.sentences import actor
from pages.shell.text import badge, muted, plain

if TYPE_CHECKING:
    from operations.backups.service import Backup, Shelved, Undoable
    from operations.jobs.service import RunRow

STATES = {
    "proven": ("green", ":material/verified:"),
    "unproven": ("orange", ":material/help:"),
    "damaged": ("red", ":material/error:"),
}
KINDS = {"manual": ":material/person:", "scheduled": ":material/schedule:", "safety": ":material/health_and_safety:"}
FAULTS = ("audit_findings", "models_missing", "keys_missing", "rows_missing")


def key_figures(page: Page, found: "Shelved") -> None:
    """How old the newest proven one is, how long restoring it took, and the room."""
    t, newest = page.t, found.newest_proven
    label, proof = (newest.label, newest.proof) if newest else (None, None)
    with st.container(horizontal=True):
        age = t.ago(max((page.now - label.made_at).total_seconds(), 1.0)) if label else t("backups.no_proven")
        st.metric(t("backups.newest"), age, border=True)
        seconds = t("jobs.seconds", value=t.number(proof.restore_seconds, 1)) if proof else "–"
        st.metric(t("backups.restore_time"), seconds, border=True, help=plain(t("backups.restore_time_help")))
        count = t("backups.count", count=len(found.backups), size=size(t, found.size_bytes))
        st.metric(t("backups.all"), count, border=True)
        st.metric(t("backups.free"), size(t, found.free_bytes), border=True)


def size(t: Translator, size_bytes: int) -> str:
    if size_bytes < 1e9:
        return megabytes(t, size_bytes)
    return t("backups.gigabytes", value=t.number(size_bytes / 1e9, 1))


def warnings(page: Page, found: "Shelved") -> None:
    """What somebody has to do something about."""
    t = page.t
    damaged = [one.name for one in found.backups if one.state == "damaged"]
    if damaged:
        st.error(plain(t("backups.damaged", names=", ".join(damaged))), icon=":material/error:")
    if found.is_old(page.now):
        st.warning(t("backups.old"), icon=":material/history:")
    if not found.has_room:
        st.warning(t("backups.no_room"), icon=":material/hard_drive:")


def work(page: Page) -> None:
    """What is asked for or at work; it follows by itself, and the page is drawn anew when it ends."""
    t, jobs = page.t, page.services.backup_jobs
    shown = jobs.state(page.scope)

    def follow() -> None:
        now = jobs.state(page.scope)
        if now.is_active != shown.is_active:
            session.run_by_itself()
            st.rerun(scope="app")
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                run = now.running or now.request or now.last
                st.markdown(f":material/backup: {plain(t(f'job.{run.job_name}' if run else 'job.backup'))}")
                if (
                    page.scope.allows("backups.write")
                    and st.button(t("backups.create"), type="primary", key="create_backup", disabled=now.is_active)
                    and attempted(page, lambda: jobs.create(page.scope))
                ):
                    st.rerun(scope="app")
            told(page, now, lambda run: outcome(page, run))

    fragment(follow, run_every=POLL_SECONDS if shown.is_active else None)()


def outcome(page: Page, run: "RunRow") -> str:
    """What a run that ended well did."""
    result = run.result or {}
    if "parts" in result:
        name, parts = result["backup"], words.parts(page.t, result["parts"])
        is_done = run.job_name == "parts_restore"
        told = page.t("parts.restored", count=run.rows_out or 0, name=name, parts=parts)
        return told if is_done else page.t("backups.parts_outcome", name=name, parts=parts)
    return page.t("backups.outcome", name=result.get("backup") or "–", rows=run.rows_out or 0)


def undoable(page: Page, found: "Undoable") -> None:
    """The last restore, and how long its undoing is possible."""
    t = page.t
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        key = "backups.undoable_undo" if found.undone else "backups.undoable"
        name = found.undone or found.restored or "–"
        said = t(key, name=name, at=found.at, who=actor(t, found.by), until=found.until)
        st.markdown(f":material/undo: {plain(said)}")
        if page.scope.allows("backups.restore") and st.button(t("backups.undo"), key="undo_restore"):
            ask(UNDO, 0)


def row(page: Page, one: "Backup") -> None:
    t, label = page.t, one.label
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"backup_{one.name}"):
        with st.container(gap="xxsmall"):
            colour, icon = STATES[one.state]
            kind = badge(t(f"backups.kind_{label.kind}"), "gray", KINDS[label.kind]) if label else ""
            made = t.instant(label.made_at) if label else one.name
            st.markdown(f"**{plain(made)}** {badge(t(f'backup.state_{one.state}'), colour, icon)} {kind}")
            by = actor(t, label.made_by) if label else "–"
            muted(f"{one.name} · {size(t, one.size_bytes)} · {by}")
            muted(proof(page, one))
        if st.button(t("backups.open"), key=f"open_{one.name}", icon=":material/more_horiz:"):
            ask(MANAGE, one.name)


def proof(page: Page, one: "Backup") -> str:
    """What the last proof found."""
    t, found = page.t, one.proof
    if found is None:
        return t("backups.never_proven")
    if found.error_code is not None:
        return t("backups.proof_failed", at=found.proven_at, fault=t(f"backups.fault_{found.error_code}"))
    seconds, faults = t.number(found.restore_seconds, 1), [name for name in FAULTS if getattr(found, name)]
    said = t("backups.proof", at=found.proven_at, seconds=seconds, rows=found.rows, tables=found.tables)
    return " ".join([said, *(t(f"backup.{name}", count=getattr(found, name)) for name in faults)])


def seen(found: "Shelved") -> list[tuple[str, str]]:
    """What a change of is worth drawing again."""
    return [(one.name, one.state) for one in found.backups]
