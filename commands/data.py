"""Commands that bring records in: files, the older system's database, the simulator."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from commands.permission import stands_for
from commands.terminal import HotelOption, console, one_hotel, opened, shown_progress
from core.i18n import Translator
from core.scope import SYSTEM
from sources.imports.report import ImportReport, read_mapping, summary, write_errors
from sources.simulation.anomalies import PlantPlan


@stands_for("data.import")
def import_file(
    kind: Annotated[str, typer.Argument(help="bookings, stays, products, movements, visits, checks, series …")],
    file: Annotated[Path, typer.Argument(help="CSV, XLSX or Parquet.")],
    hotel: HotelOption = None,
    dry_run: Annotated[bool, typer.Option(help="Check everything, write nothing.")] = False,
    skip_bad_rows: Annotated[bool, typer.Option(help="Import the good rows of a file with bad ones.")] = False,
    create_rooms: Annotated[bool, typer.Option(help="Stays: add rooms that are not known yet.")] = False,
    metric: Annotated[str | None, typer.Option(help="Series: the metric, when no column names it.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="field=heading; kept for the hotel.")] = None,
    errors: Annotated[Path | None, typer.Option(help="Where to write the errors by row and field.")] = None,
) -> None:
    """Import a file of the hotel's records; the same file twice changes nothing."""
    mapping = read_mapping(column or [])
    with opened() as (services, t):
        with shown_progress(t) as progress:
            if kind == "bookings":
                report = services.imports.bookings(
                    SYSTEM, file, hotel or "RESORT", dry_run=dry_run, progress=progress
                )  # fmt: skip
            else:
                report = services.imports.run(
                    SYSTEM, one_hotel(services, hotel).id, kind, file, mapping=mapping or None, dry_run=dry_run,
                    skip_bad_rows=skip_bad_rows, create_rooms=create_rooms, metric=metric, progress=progress,
                )  # fmt: skip
        print_import(t, report, errors or Path(f"{file.name}.errors.csv"))
    sys.exit(1 if report.errors and not skip_bad_rows else 0)


def print_import(t: Translator, report: ImportReport, errors_file: Path) -> None:
    for line in summary(report, t):
        console.print(line, markup=False)
    if report.errors:
        write_errors(report, errors_file, t)
        console.print(t("command.import_errors_file", count=len(report.errors), file=str(errors_file)), markup=False)


@stands_for("data.import")
def import_older(
    url: Annotated[str | None, typer.Option(help="Its database; this database when empty.")] = None,
    schema: Annotated[str, typer.Option(help="Schema of its tables.")] = "public",
    time_zone: Annotated[str, typer.Option(help="Time zone of its times.")] = "Europe/Istanbul",
) -> None:
    """Copy the records of the older system's database; run again, it copies what is new."""
    with opened() as (services, t):
        with shown_progress(t) as progress:
            reports = services.older_system.connect(SYSTEM, schema, url=url, time_zone=time_zone, progress=progress)
        for position, report in enumerate(reports):
            print_import(t, report, Path(f"older-{position + 1}.errors.csv"))


@stands_for("data.import")
def simulate(
    hotels: Annotated[int, typer.Option(min=1)] = 1,
    rooms: Annotated[int, typer.Option(min=10)] = 180,
    days: Annotated[int, typer.Option(min=1)] = 120,
    seed: Annotated[int, typer.Option()] = 1,
    plant: Annotated[bool, typer.Option(help="Plant labelled anomalies.")] = True,
    on_stays_of: Annotated[str | None, typer.Option(help="Code of a hotel with imported stays.")] = None,
) -> None:
    """Make sample hotels, or the activity on top of a hotel's imported stays; every row is marked as simulated."""
    plan = PlantPlan().with_live(days) if plant else None
    with opened() as (services, t), shown_progress(t) as progress:
        if on_stays_of is not None:
            hotel = one_hotel(services, on_stays_of)
            services.simulation.on_stays(SYSTEM, hotel.id, seed=seed, days=days, plant=plan, progress=progress)
            made = [hotel.id]
        else:
            made = services.simulation.create(
                SYSTEM, hotels, rooms, days, seed=seed, until=services.clock.now(), plant=plan, progress=progress
            )
        for hotel in services.hotels.listed(SYSTEM):
            if hotel.id in made:
                console.print(t("command.simulated", hotel=hotel.code))
