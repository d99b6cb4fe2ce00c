"""A command on one alert: meant with a click, carried out at the top of the next run, against the alert as it was seen.

Between the drawing of a page and a click somebody else may have decided; a button that looks at the newest state would
overwrite that, or vanish with the click. So the click remembers the alert as the person saw it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.clock import local_date, local_midnight
from core.errors import AppError
from pages.shell.attempt import refused
from pages.shell.guard import Page
from pipeline.alerts.service import AlertRow

if TYPE_CHECKING:
    from pipeline.alerts.triage.service import Done

MEANT = "meant_command"
MORNING = timedelta(hours=8)
SNOOZES: dict[str, Callable[[datetime, str], datetime]] = {
    "hours4": lambda now, zone: now + timedelta(hours=4),
    "morning": lambda now, zone: local_midnight(local_date(now, zone) + timedelta(days=1), zone) + MORNING,
    "week": lambda now, zone: now + timedelta(days=7),
}
DONE = {  # what a toast says
    "acknowledge": ("board.acknowledged_toast", ":material/person_check:"),
    "judge": ("board.verdict_saved", ":material/gavel:"),
    "withdraw": ("effect.taken_back", ":material/undo:"),
    "reopen": ("triage.reopened_toast", ":material/restart_alt:"),
}


@dataclass(frozen=True)
class Meant:
    name: str
    seen: AlertRow
    value: str | None


def mean(name: str, seen: AlertRow, value: str | None = None) -> None:
    """The callback of a button: ``name`` is one of ``_carry_out``; ``value`` what it needs besides.

    Two quick clicks may come in one run: both are kept.
    """
    st.session_state.setdefault(MEANT, []).append(Meant(name, seen, value))


def carry_out(page: Page, alert_id: int) -> AppError | None:
    """What was meant for this alert, by whoever is signed in now; the last refusal if somebody was faster."""
    error: AppError | None = None
    meant: list[Meant] = st.session_state.pop(MEANT, [])
    for one in (one for one in meant if one.seen.id == alert_id):
        done: list[Done] = []
        refusal = refused(page, partial(_carry_out, page, one, done))
        error = refusal or error
        if done and one.seen.closed_at is None and done[0].closed_before_ids:
            st.toast(page.t("effect.closed_meanwhile"), icon=":material/done_all:")
        elif done and one.name in DONE:
            said, icon = DONE[one.name]
            st.toast(page.t(said), icon=icon)
    return error


def _carry_out(page: Page, meant: Meant, done: "list[Done]") -> None:
    service, scope, seen = page.services.alerts.triage, page.scope, meant.seen
    ids = [seen.id]
    commands: dict[str, Callable[[], Done]] = {
        "acknowledge": lambda: service.acknowledge(scope, ids, seen=seen),
        "take": lambda: service.assign(scope, ids, scope.actor, seen),
        "release": lambda: service.assign(scope, ids, None, seen),
        "snooze": lambda: service.snooze(scope, ids, _snoozed_until(page, seen), seen),
        "wake": lambda: service.snooze(scope, ids, None, seen),
        "judge": lambda: service.judge(scope, ids, meant.value or "", _note(seen), seen),
        "withdraw": lambda: service.withdraw_verdict(scope, ids, seen),
        "reopen": lambda: service.reopen(scope, ids, seen),
    }
    done.append(commands[meant.name]())


def _snoozed_until(page: Page, seen: AlertRow) -> datetime:
    chosen = st.session_state.get(f"snooze_for_{seen.id}", next(iter(SNOOZES)))
    return SNOOZES[chosen](page.now, seen.time_zone)


def _note(seen: AlertRow) -> str | None:
    return st.session_state.get(f"note_{seen.id}") or None
