"""What can be done with model files: choose, check, delete a version, clean up; each asks before it takes anything."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import model_reads
from pages.shell.asking import ask, asked, asking, done
from pages.shell.attempt import attempted
from pages.shell.guard import Page
from pages.shell.model_words import kilobytes, kind_name, megabytes
from pages.shell.text import plain

if TYPE_CHECKING:
    from operations.model_files.service import Version

CHOOSE, DELETE, CLEAN_UP = "choose_model", "delete_model", "clean_up_models"


def actions(page: Page, version: "Version") -> None:
    """The buttons of one version."""
    with st.container(horizontal=True, width="content"):
        if version.state != "gone" and _button(page, "check", ":material/fact_check:", version):
            _check(page, version)
        if version.can_be_chosen and _button(page, "choose", ":material/published_with_changes:", version):
            ask(CHOOSE, version.id)
        if version.is_pinned and _button(page, "follow", ":material/keep_off:", version):
            _follow(page, version)
        if version.can_be_deleted and _button(page, "delete", ":material/delete:", version):
            ask(DELETE, version.id)
    if asked(CHOOSE, version.id):
        _choose(page, version)
    if asked(DELETE, version.id):
        _delete(page, version)


def clean_up(page: Page, hotel_id: int) -> None:
    """What a clean-up would free now, and the button."""
    t, preview = page.t, model_reads.cleanup(page, hotel_id)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        size = megabytes(t, preview.size_bytes)
        what = t("models.would_free", count=preview.files, size=size) if preview.files else t("models.nothing_to_free")
        st.markdown(f":material/cleaning_services: {plain(what)}")
        if st.button(t("models.clean_up"), key="clean_up", disabled=not preview.files):
            ask(CLEAN_UP, hotel_id)
    if asked(CLEAN_UP, hotel_id):
        _clean(page, hotel_id, what)


def _button(page: Page, name: str, icon: str, version: "Version") -> bool:
    told = page.t(f"models.{name}_help")
    return st.button(page.t(f"models.{name}"), key=f"{name}_{version.id}", icon=icon, help=told)


def _check(page: Page, version: "Version") -> None:
    """Load the version and score its reference batch, now."""
    models = page.services.pipeline.models
    found: list[float] = []
    is_well = attempted(page, lambda: found.append(models.check_now(page.scope, version.id)))
    models.upkeep.count(models.cache, "dashboard")
    if is_well:
        said = page.t("models.checked", model=version.id, milliseconds=page.t.number(1000 * found[0], 1))
        st.toast(said, icon=":material/check_circle:")


def _follow(page: Page, version: "Version") -> None:
    models = page.services.pipeline.models
    kind = (version.hotel_id, version.metric_type, version.model_type)
    if attempted(page, lambda: models.follow_trainings(page.scope, *kind)):
        st.rerun()


def _choose(page: Page, version: "Version") -> None:
    t = page.t

    @asking(t("models.choose_title"))
    def dialog() -> None:
        learned = t.instant(version.learned_until)
        st.markdown(plain(t("models.choose_told", kind=kind_name(t, version), trained=learned)))
        note = st.text_input(t("models.note"), placeholder=t("models.note_hint"), max_chars=300, key="choose_note")
        if st.button(t("models.choose"), type="primary", key="choose_yes"):
            models = page.services.pipeline.models
            if attempted(page, lambda: models.make_active(page.scope, version.id, note)):
                done()

    dialog()


def _delete(page: Page, version: "Version") -> None:
    t = page.t

    @asking(t("models.delete_title"))
    def dialog() -> None:
        what = {"kind": kind_name(t, version), "trained": t.instant(version.learned_until)}
        st.markdown(plain(t("models.delete_told", size=kilobytes(t, version.size_bytes), **what)))
        if st.button(t("models.delete"), type="primary", key="delete_yes"):
            upkeep = page.services.pipeline.models.upkeep
            if attempted(page, lambda: upkeep.delete(page.scope, version.id)):
                done()

    dialog()


def _clean(page: Page, hotel_id: int, what: str) -> None:
    t = page.t

    @asking(t("models.clean_up"))
    def dialog() -> None:
        st.markdown(plain(f"{what} {t('models.clean_up_told')}"))
        if st.button(t("models.clean_up"), type="primary", key="clean_yes"):
            models = page.services.pipeline.models
            if attempted(page, lambda: models.cleanup_old_models(page.scope, hotel_id)):
                done()

    dialog()
