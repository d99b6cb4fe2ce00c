"""Model files: versions and which one is in use, sizes, load times, fallbacks, and what a clean-up would free (B3)."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import model_reads, reads
from pages.shell.filters import choose_one
from pages.shell.guard import Page, open_page
from pages.shell.header import header
from pages.shell.hotels import choose_hotel
from pages.shell.live import rerun_when_changed
from pages.shell.model_actions import actions, clean_up
from pages.shell.model_records import caches, history
from pages.shell.model_words import kilobytes, kind_name, megabytes, milliseconds, reason, state
from pages.shell.session import is_phone
from pages.shell.text import badge, muted, plain

if TYPE_CHECKING:
    from operations.model_files.service import ModelFiles, Version


def figures(page: Page, found: "ModelFiles") -> None:
    """The disk, the files, how often detection had to do without a model, and how quickly they load."""
    t = page.t
    with st.container(horizontal=True):
        files_told = t("models.files_of", count=found.file_count, size=megabytes(t, found.size_bytes))
        st.metric(t("models.disk"), t.percent(found.disk_ratio), width="content")
        st.metric(t("models.files"), files_told, width="content")
        of_loads = t("models.of_loads", failed=found.fallbacks, loads=found.loads)
        st.metric(t("models.fallbacks"), of_loads if found.loads else t("quality.unknown"), width="content")
        hit = t("quality.unknown") if found.hit_ratio is None else t.percent(found.hit_ratio)
        st.metric(t("models.hits"), hit, help=t("models.hits_help"), width="content")
    if found.is_disk_full:
        st.error(t("models.disk_full"), icon=":material/hard_drive:")
    if found.fallbacks:
        st.warning(t("models.fallbacks_told", failed=found.fallbacks, loads=found.loads), icon=":material/swap_horiz:")


def in_use(page: Page, versions: "list[Version]") -> None:
    """One line a kind: what detection uses now."""
    t, shown = page.t, [version for version in versions if version.is_active]
    st.header(t("models.in_use"), anchor=False)
    st.table(
        {
            t("models.kind"): [plain(kind_name(t, one)) for one in shown],
            t("quality.state"): [state(t, one) for one in shown],
            t("models.learned"): [t.instant(one.learned_until) for one in shown],
            **({} if is_phone() else loads(page, shown)),
        },
        border="horizontal",
        hide_index=True,
    )


def loads(page: Page, shown: "list[Version]") -> dict[str, list[str]]:
    """Sizes and loads, for which a phone has no room."""
    t = page.t
    return {
        t("models.size"): [kilobytes(t, one.size_bytes) for one in shown],
        t("models.load"): [milliseconds(t, one.mean_seconds) for one in shown],
        t("models.loads"): [plain(t("models.of_loads", failed=one.failed_loads, loads=one.loads)) for one in shown],
    }


def versions_of(page: Page, versions: "list[Version]") -> None:
    """The versions of one kind, each with what can be done with it."""
    t = page.t
    st.header(t("models.versions"), anchor=False)
    kinds = {one.kind: kind_name(t, one) for one in versions}
    chosen = choose_one("kind", list(kinds), t("models.kind"), kinds.__getitem__, width=420)
    for version in (one for one in versions if one.kind == chosen):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap="xxsmall"):
                number = badge(t("models.number", number=version.id))
                learned = t("models.learned_until", at=t.instant(version.learned_until))
                st.markdown(f"{state(t, version)} {number} **{plain(learned)}**")
                failed = t("models.of_loads", failed=version.failed_loads, loads=version.loads)
                trained = t("models.trained_at", at=t.instant(version.trained_at))
                took = t("models.load_in", mean=milliseconds(t, version.mean_seconds))
                size = kilobytes(t, version.size_bytes)
                facts = [trained, size, took, t("models.load_count", loads=failed), reason(t, version)]
                muted(" · ".join(fact for fact in facts if fact))
            if page.scope.allows("models.write"):
                actions(page, version)


def show() -> None:
    page = open_page("models.read")
    top = st.container()
    page, hotel = choose_hotel(page)
    found = model_reads.files(page, hotel.id)
    with top:
        header(page.t("models.title"), page.t, page.now, found.as_of)
    muted(page.t("models.help"))
    if not found.versions:
        st.info(f"**{page.t('models.empty_title')}**  \n{page.t('models.empty_text')}", icon=":material/folder_open:")
        st.stop()
    figures(page, found)
    if page.scope.allows("jobs.run"):
        clean_up(page, hotel.id)
    in_use(page, found.versions)
    versions_of(page, found.versions)
    history(page, hotel.id)
    caches(page, found)
    rerun_when_changed(reads.version(page, "models"), lambda: reads.version(page, "models"))


if __name__ == "__main__":
    show()
