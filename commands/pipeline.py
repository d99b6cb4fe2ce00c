"""``manage.py pipeline``: the pipeline by hand."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commands.permission import stands_for
from commands.terminal import AtOption, HotelOption, console, opened, shown_progress
from core.scope import SYSTEM
from core.stage import Progress as Report
from core.stage import StageReport
from pipeline.passes import STAGES
from services import Services, run_now
from sources.hotels import HotelRow

pipeline_app = typer.Typer(no_args_is_help=True, help="The pipeline by hand.")


@pipeline_app.command("run")
@stands_for("jobs.run")
def run_pipeline(
    stage: Annotated[str | None, typer.Option(help="collect, features, train or detect; all when empty.")] = None,
    hotel: HotelOption = None,
    at: AtOption = None,
) -> None:
    """Run the pipeline. A hotel that was never judged gets its whole past judged, block by block."""
    with opened() as (services, t):
        for found in services.hotels.listed(SYSTEM, hotel):
            with shown_progress(t, found.code) as progress:
                report = run_stages(services, found, stage, at, progress)
            details = {"rows_in": report.rows_in, "rows_out": report.rows_out}
            console.print(t("command.stage_report", hotel=found.code, **details))
            if services.hotels.first_record_at(SYSTEM, found.id) is None:
                console.print(t("command.nothing_recorded", hotel=found.code))


def run_stages(
    services: Services, hotel: HotelRow, stage: str | None, at: datetime | None, progress: Report
) -> StageReport:
    """The wanted stages, each a recorded run."""
    instant = services.clock.now() if at is None else at.replace(tzinfo=ZoneInfo(hotel.time_zone)).astimezone(UTC)
    if stage is not None:
        services.pipeline.stage(stage)
        return run_now(services, stage, hotel.id, instant, progress)
    if not services.pipeline.was_judged(SYSTEM, hotel.id):
        return run_now(services, "first_pass", hotel.id, instant, progress)
    total = StageReport()
    for name in STAGES:
        total += run_now(services, name, hotel.id, instant, progress)
    return total
