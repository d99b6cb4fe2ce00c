"""Several alerts at once: what can be done with those that are ticked, and how it is undone (A5.7)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import reads
from pages.shell.acting import SNOOZES
from pages.shell.attempt import attempted
from pages.shell.guard import Page
from pipeline.alerts.service import AlertFilters, AlertRow

if TYPE_CHECKING:
    from pipeline.alerts.triage.service import Done

AT_MOST = 500
LAST = "last_alert_action"
LEFT = "left_by_undo"
Ids = list[int]


def bulk(page: Page, ticked: list[AlertRow], wanted: AlertFilters, total: int) -> None:
    """The bar of actions; without a tick, how to get one."""
    t = page.t
    if not page.scope.allows("alerts.triage"):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        everything = total > 1 and st.checkbox(t("triage.select_all", limit=t.number(AT_MOST)), key="bulk_all")
        count = min(total, AT_MOST) if everything else len(ticked)
        st.markdown(f"**{t('triage.selected', count=count)}**" if count else t("triage.pick"))
        if not count:
            return
        for name, (icon, label, act) in actions(page).items():
            if st.button(t(label), key=f"bulk_{name}", icon=icon):
                ids = [row.id for row in reads.alerts(page, wanted, AT_MOST).rows] if everything else []
                do(page, act, ids or [row.id for row in ticked])


def actions(page: Page) -> "dict[str, tuple[str, str, Callable[[Ids], Done]]]":
    service, scope = page.services.alerts.triage, page.scope
    morning = SNOOZES["morning"](page.now, page.t.time_zone)
    return {
        "acknowledge": (
            ":material/person_check:", "board.acknowledge", lambda ids: service.acknowledge(scope, ids),
        ),
        "take": (":material/person_pin:", "triage.assign_me", lambda ids: service.assign(scope, ids, scope.actor)),
        "snooze": (":material/snooze:", "triage.snooze_morning", lambda ids: service.snooze(scope, ids, morning)),
        "false": (
            ":material/block:", "board.verdict_yanlis_pozitif",
            lambda ids: service.judge(scope, ids, "yanlis_pozitif"),
        ),
        "close": (
            ":material/done_all:", "triage.close",
            lambda ids: service.close(scope, ids, page.t("triage.close_reason")),
        ),
    }  # fmt: skip


def do(page: Page, act: "Callable[[Ids], Done]", ids: Ids) -> None:
    """Do it, and remember how to undo it."""
    found: list[Done] = []
    if attempted(page, lambda: found.append(act(ids))):
        st.session_state[LAST] = (found[0].action_id, len(found[0].alert_ids))
        st.rerun()


def last_action(page: Page) -> None:
    """What the last action changed, with its undo; what an undo left because somebody had changed it since."""
    t, last = page.t, st.session_state.get(LAST)
    if LEFT in st.session_state:
        undone, left = st.session_state.pop(LEFT)
        st.warning(t("triage.undone_partly", undone=undone, count=left), icon=":material/sync_problem:")
    if last is None:
        return
    action_id, count = last
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check_circle: {t('triage.done', count=count) if count else t('triage.nothing_done')}")
        if count and st.button(t("triage.undo"), key="undo", icon=":material/undo:"):
            del st.session_state[LAST]
            undo(page, action_id)


def undo(page: Page, action_id: int) -> None:
    """Put back what nobody changed since, and say what was left."""
    t, found = page.t, list["Done"]()
    if attempted(page, lambda: found.append(page.services.alerts.triage.undo(page.scope, action_id))):
        [done] = found
        if done.left_ids:
            st.session_state[LEFT] = (len(done.alert_ids), len(done.left_ids))
        else:
            st.toast(t("triage.undone"), icon=":material/undo:")
        st.rerun()
