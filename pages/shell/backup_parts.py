"""Parts of a backup on the page Backups: what is wanted, what it would change, putting it back, undoing it (C8)."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from operations.backups.parts import words
from operations.backups.parts.shapes import PARTS, Wanted
from pages.shell import reads
from pages.shell.asking import ask, asked, asking, done
from pages.shell.attempt import attempted, refusal, refused
from pages.shell.guard import Page
from pages.shell.sentences import actor
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.backups.parts.service import Comparison, PartsUndoable, PartsUndone
    from operations.backups.service import Backup
    from operations.jobs.service import RunRow

RESTORE, UNDO = "restore_parts", "undo_parts"
TOLD = "parts_told"  # what the next run says of the last click


def choose(page: Page, one: "Backup") -> None:
    """Which parts of a backup, of which hotels; comparing them changes nothing."""
    t, jobs = page.t, page.services.backup_jobs
    hotels = {hotel.id: hotel.name for hotel in reads.hotels(page)}
    with st.expander(t("backups.parts")), st.form("compare_parts", border=False):
        muted(t("backups.parts_told"))
        chosen = st.pills(
            t("backups.parts_which"), PARTS, selection_mode="multi", default=PARTS[:1], key="parts_wanted",
            format_func=lambda part: t(f"parts.part_{part}"),
        )  # fmt: skip
        of = st.multiselect(
            t("parts.hotels"), list(hotels), format_func=hotels.__getitem__, key="parts_hotels",
            placeholder=t("shell.all_hotels"), select_all=False,
        )  # fmt: skip
        is_sent = st.form_submit_button(t("backups.parts_compare"))
    if is_sent and attempted(page, lambda: jobs.preview_parts(page.scope, one.name, Wanted.of(chosen, of or None))):
        done()


def panels(page: Page) -> None:
    """Restores of parts that can be undone and the last comparison; each with what can be done about it."""
    jobs = page.services.backup_jobs
    if told := st.session_state.pop(TOLD, None):
        st.toast(told, icon=":material/undo:")
    run = jobs.compared(page.scope)
    for one in jobs.parts.undoable(page.scope):
        _undoable(page, one)
        if asked(UNDO, one.id):
            _undo_dialog(page, one)
    if run is not None and run.result is not None:
        _comparison(page, run, run.result)
        if asked(RESTORE, run.id):
            _restore_dialog(page, run.result)


def _undoable(page: Page, one: "PartsUndoable") -> None:
    t = page.t
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        said = t(
            "backups.parts_undoable", name=one.backup, parts=words.parts(t, one.parts), at=one.at,
            who=actor(t, one.by), until=one.until,
        )  # fmt: skip
        st.markdown(f":material/undo: {plain(said)}")
        if st.button(t("backups.undo"), key=f"{UNDO}_{one.id}"):
            ask(UNDO, one.id)


def _comparison(page: Page, run: "RunRow", found: dict[str, Any]) -> None:
    t = page.t
    with st.container(border=True):
        at, parts = t.instant(run.started_at), words.parts(t, found["parts"])
        st.markdown(f"**{plain(t('backups.parts_title', name=found['backup'], parts=parts, at=at))}**")
        if not found["items"]:
            st.info(t("parts.same"), icon=":material/check:")
        else:
            _counts(page, found)
            with st.expander(t("backups.parts_differences", count=len(found["items"]))):
                _differences(page, found)
        if found["newer"]:
            muted(t("parts.newer", count=found["newer"]))
        if found["possible"] and st.button(t("backups.parts_restore"), type="primary", key="ask_restore_parts"):
            ask(RESTORE, run.id)


def _counts(page: Page, found: dict[str, Any]) -> None:
    """A row a part, a column a kind of difference that there is."""
    t, (names, columns) = page.t, words.counts(page.t, found["counts"])
    st.table({t("parts.part"): names, **columns}, border="horizontal", hide_index=True)


def _differences(page: Page, found: dict[str, Any], *, undoing: bool = False) -> None:
    titles, rows = words.titles(page.t, undoing=undoing), [words.row(page.t, item) for item in found["items"]]
    columns = zip(*rows, strict=True)
    st.table(
        {title: [plain(cell) for cell in cells] for title, cells in zip(titles, columns, strict=True)},
        border="horizontal",
        hide_index=True,
    )
    if found["left_out"]:
        muted(page.t("parts.left_out", count=found["left_out"]))


def _restore_dialog(page: Page, found: dict[str, Any]) -> None:
    t, jobs, name = page.t, page.services.backup_jobs, found["backup"]

    @asking(t("backups.parts_restore"))
    def dialog() -> None:
        with st.form("restore_parts_form", border=False):
            days = page.services.settings.backup_safety_days
            st.markdown(plain(t("backups.parts_restore_told", days=days)))
            typed = st.text_input(t("backups.type_name", name=name), key="parts_name", autocomplete="off")
            is_sent = st.form_submit_button(t("backups.parts_restore"), type="primary")
        wanted = Wanted.of(found["parts"], found["hotel_ids"])
        if is_sent and attempted(
            page, lambda: jobs.restore_parts(page.scope, name, wanted, typed, found["mark"])
        ):  # fmt: skip
            done()

    dialog()


def _undo_dialog(page: Page, one: "PartsUndoable") -> None:
    t, parts = page.t, page.services.backup_jobs.parts

    @asking(t("backups.undo"))
    def dialog() -> None:
        st.markdown(plain(t("backups.parts_undo_told", at=one.at)))
        seen: list[Comparison] = []
        error = refused(page, lambda: seen.append(parts.undo_preview(page.scope, one.id)[1]))
        if error is not None:
            refusal(page, error)
            return
        found = seen[0].document(one.backup, Wanted.of(one.parts))
        _counts(page, found)
        _differences(page, found, undoing=True)
        if not found["possible"]:
            st.info(t("error.parts_nothing_left"), icon=":material/lock:")
            return
        undone: list[PartsUndone] = []
        # The button of other differences is another one: a click means those that it was shown with.
        if st.button(t("backups.undo"), type="primary", key=f"undo_parts_{found['mark']}") and attempted(
            page, lambda: undone.append(parts.undo(page.scope, one.id, found["mark"]))
        ):
            st.session_state[TOLD] = " ".join(_told(page, undone[0]))  # a toast of this run would go with it
            done()

    dialog()


def _told(page: Page, undone: "PartsUndone") -> list[str]:
    left = [page.t("parts.left", count=undone.left)] if undone.left else []
    return [page.t("parts.undone", count=undone.changed), *left]
