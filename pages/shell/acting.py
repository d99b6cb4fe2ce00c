"""A command on one alert: meant with a click, carried out at the top of the next run, against the alert as it was seen.

Between the drawing of a page and a click somebody else may have decided; a button that looks at the newest state would
overwrite that, or vanish with the click. So the click remembers the alert as the person saw it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import streamlit as st

from core.clock import local_date, local_midnight
from core.errors import AppError
from pages.shell.attempt import refused
from pages.shell.guard import Page
from pipeline.alerts.service import AlertRow

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
        refusal = refused(page, partial(_carry_out, page, one))
        error = refusal or error
        if refusal is None and one.name in DONE:
            said, icon = DONE[one.name]
            st.toast(page.t(said), icon=icon)
    return error


def _carry_out(page: Page, meant: Meant) -> None:
    service, scope, seen = page.services.alerts.triage, page.scope, meant.seen
    ids, value = [seen.id], meant.value or ""
    if meant.name == "acknowledge":
        service.acknowledge(scope, ids, seen=seen)
    elif meant.name == "take":
        service.assign(scope, ids, scope.actor, seen)
    elif meant.name == "release":
        service.assign(scope, ids, None, seen)
    elif meant.name == "snooze":
        chosen = st.session_state.get(f"snooze_for_{seen.id}", next(iter(SNOOZES)))
        service.snooze(scope, ids, SNOOZES[chosen](page.now, seen.time_zone), seen)
    elif meant.name == "wake":
        service.snooze(scope, ids, None, seen)
    elif meant.name == "judge":
        service.judge(scope, ids, value, st.session_state.get(f"note_{seen.id}") or None, seen)
    elif meant.name == "withdraw":
        service.withdraw_verdict(scope, ids, seen)
