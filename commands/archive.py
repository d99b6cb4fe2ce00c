"""``manage.py archive``: what lies in the archive, whether all is as it was written, bringing back (SPEC A7)."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from commands.permission import stands_for
from commands.terminal import HotelOption, console, one_hotel, opened, shown_progress
from core.clock import local_date
from core.i18n import UNKNOWN, Translator
from core.scope import SYSTEM
from operations.archive.service import KEPT_DAYS, MOST_KEPT_DAYS, VERIFY, ArchiveOverview, Finding
from operations.archive.words import entity
from services import run_now

archive_app = typer.Typer(no_args_is_help=True, help="Archived metric rows: listed, verified, brought back.")

DAY = ["%Y-%m-%d"]
FirstOption = Annotated[datetime, typer.Option("--from", formats=DAY, help="First day, of the hotel's calendar.")]
LastOption = Annotated[datetime, typer.Option("--to", formats=DAY, help="Last day, which is in it too.")]
KeepOption = Annotated[int, typer.Option("--keep", min=1, max=MOST_KEPT_DAYS, help="Days that the rows stay.")]


@archive_app.command("list")
@stands_for("archive.read")
def show() -> None:
    """Files by hotel and month, what was brought back, and what is not as it was written."""
    with opened() as (services, t):
        found = services.archive.overview(SYSTEM)
        codes = {hotel.id: hotel.code for hotel in services.hotels.listed(SYSTEM)}
        console.print(_months(t, found, codes) if found.months else t("archive.empty_title"))
        for hold in found.holds:
            said = t(
                "archive.held", count=hold.row_count, who=hold.brought_by, at=hold.brought_at, until=hold.kept_until
            )
            first_on, last_on = (local_date(at, hold.time_zone) for at in (hold.since, hold.last_at))
            console.print(f"{hold.id}: {hold.hotel_name} {first_on} – {last_on} · {said}")
            if hold.overlapping:
                console.print(t("archive.overlapping", count=hold.overlapping))
        _tell_findings(t, found)


@archive_app.command()
@stands_for("archive.write")
def verify(hotel: HotelOption = None) -> None:
    """Compare every row and file with what was written; exit code 1 when anything is not as it was."""
    with opened() as (services, t):
        hotels = services.hotels.listed(SYSTEM, hotel)
        for one in hotels:
            with shown_progress(t, one.code) as progress:
                done = run_now(services, VERIFY, one.id, services.clock.now(), progress)
            console.print(f"{one.code}: {t('archive.verified', count=done.rows_in)}")
        found = services.archive.overview(SYSTEM, [one.id for one in hotels])
        _tell_findings(t, found)
        if found.finding_count:
            raise typer.Exit(1)


@archive_app.command()
@stands_for("archive.write")
def restore(first: FirstOption, last: LastOption, hotel: HotelOption = None, keep: KeepOption = KEPT_DAYS) -> None:
    """Bring days back into the database; exit code 1 when a file of them is not as it was written."""
    with opened() as (services, t):
        one, days = one_hotel(services, hotel), (first.date(), last.date())
        services.archive.preview(SYSTEM, one.id, *days)
        kept_until = services.archive.kept_until(keep)
        with shown_progress(t) as progress:
            done = services.archive.jobs.bring_back(SYSTEM.actor, one.id, days, kept_until, progress)
        console.print(t("archive.moved", count=done.rows))
        if done.refused:
            console.print(t("archive.refused", paths=", ".join(done.refused)), markup=False)
            raise typer.Exit(1)


@archive_app.command("return")
@stands_for("archive.write")
def send_away(hold: Annotated[int, typer.Argument(help="Its number, as 'archive list' shows it.")]) -> None:
    """Send away again what was brought back."""
    with opened() as (services, t):
        hotel_id = services.archive.hold(SYSTEM, hold).hotel_id
        with shown_progress(t) as progress:
            done = services.archive.jobs.send_away(SYSTEM.actor, hotel_id, hold, progress)
        console.print(t("archive.moved", count=done.rows))
        if done.staying:
            console.print(t("archive.staying", count=done.staying))


@archive_app.command()
@stands_for("archive.write")
def adopt(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Make the archive's folder, as it is, this installation's; the one that wrote to it before is refused then."""
    with opened() as (services, t):
        if not yes:
            typer.confirm(t("archive.adopt_sure", folder=services.settings.archive_folder), abort=True)
        services.archive.adopt(SYSTEM)
        console.print(t("archive.adopted", folder=services.settings.archive_folder), markup=False)


def _months(t: Translator, found: ArchiveOverview, codes: dict[int, str]) -> Table:
    names = ("days", "rows", "size_mb", "ratio", "verified_at", "broken_files")
    table = Table(t("shell.hotel"), t("archive.month"), *(t(f"archive.{name}") for name in names))
    for one in found.months:
        numbers = (one.days, one.rows, round(one.size_mb, 2), round(one.ratio, 1))
        verified = t.instant(one.verified_at) if one.verified_at else UNKNOWN
        shown = (*(t.number(number) for number in numbers), verified, t.number(one.faults))
        table.add_row(codes.get(one.hotel_id, UNKNOWN), f"{one.month:%Y-%m}", *shown)
    return table


def _tell_findings(t: Translator, found: ArchiveOverview) -> None:
    """Each by name; the newest first."""
    if found.finding_count:
        console.print(t("archive.is_changed", count=found.finding_count))
    for finding in found.findings:
        console.print(_named(t, finding), markup=False)


def _named(t: Translator, one: Finding) -> str:
    fault = f"{one.hotel_name}: {t(f'archive.fault_{one.fault}')}"
    if one.metric_type is None or one.timestamp is None:
        return f"{fault} · {one.path}"
    value = UNKNOWN if one.metric_value is None else t.number(one.metric_value)
    parts = (t(f"metric.{one.metric_type}"), entity(t, one), one.timestamp.isoformat(), value, one.path or "")
    return " · ".join([fault, *(part for part in parts if part)])
