"""A silence in words: what it hides, at which times, and whether it lasts."""

from core.i18n import Translator
from pages.shell.guard import Page
from pages.shell.text import badge
from pipeline.alerts.silences.service import SilenceRow


def what(page: Page, row: SilenceRow) -> str:
    """Type and place; the hotel too where several are shown."""
    t = page.t
    kind = t(f"alert_type.{row.alert_type}") if row.alert_type else t("silence.every_type")
    place = t("silence.whole_hotel")
    if row.room:
        place = t("silence.this_room", room=row.room)
    elif row.product:
        place = row.product
    elif row.floor:
        place = t("silence.this_floor", floor=row.floor)
    parts = (kind, place, row.hotel_name) if page.names_hotels else (kind, place)
    return " · ".join(parts)


def times(t: Translator, row: SilenceRow) -> str:
    """Weekdays and hours of one that recurs."""
    days = ", ".join(t(f"silence.weekday_{day}") for day in row.weekdays or ())
    hours = ""
    if row.from_minute is not None and row.until_minute is not None:
        hours = t("silence.times", start=clock(row.from_minute), end=clock(row.until_minute))
    return " ".join(part for part in (days, hours) if part)


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def state(page: Page, row: SilenceRow) -> str:
    if row.lifted_at:
        return badge(page.t("silence.state_lifted"), "gray", ":material/undo:")
    if row.ends_at <= page.now:
        return badge(page.t("silence.state_over"), "gray", ":material/done:")
    return badge(page.t("silence.state_now"), "orange", ":material/notifications_off:")
