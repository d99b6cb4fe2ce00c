"""``manage.py forecast``: make forecasts, show them, see how good they are."""

from datetime import UTC
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import pandas as pd
import typer

from commands.terminal import AtOption, HotelOption, console, one_hotel, opened, shown_progress
from core.scope import SYSTEM

forecast_app = typer.Typer(no_args_is_help=True, help="Demand, run-outs and orders.")
SHOWN_RUN_OUTS = ["name", "level", "daily_outflow", "days_left", "days_low", "days_high", "probability_soon", "model"]
SHOWN_ORDERS = ["name", "level", "reorder_point", "safety_stock", "order_up_to", "case_size", "quantity"]


@forecast_app.command()
def run(hotel: HotelOption = None, at: AtOption = None) -> None:
    """Make and store the forecasts of a day; run again, it changes nothing."""
    with opened() as (services, t):
        for found in services.hotels.listed(SYSTEM, hotel):
            instant = (
                services.clock.now() if at is None else at.replace(tzinfo=ZoneInfo(found.time_zone)).astimezone(UTC)
            )
            with shown_progress(t, found.code) as progress:
                report = services.forecasts.forecast(SYSTEM, found.id, instant, progress)
            known, learning = report.details["products"], report.details["learning"]
            console.print(t("command.forecast_made", hotel=found.code, known=known, learning=learning))


@forecast_app.command()
def show(
    hotel: HotelOption = None,
    service_level: Annotated[float, typer.Option(help="Share of order cycles without a stock-out.")] = 0.95,
) -> None:
    """Run-outs, the most urgent first, and what to order."""
    with opened() as (services, t):
        found = one_hotel(services, hotel)
        now = services.clock.now()
        run_outs = services.forecasts.run_outs(SYSTEM, [found.id], now)
        orders = services.forecasts.reorder(SYSTEM, [found.id], now, service_level)
        console.print(t("command.forecast_run_outs", hotel=found.code))
        typer.echo(as_markdown(run_outs[SHOWN_RUN_OUTS]))
        console.print(t("command.forecast_orders", hotel=found.code))
        due = orders[orders["quantity"] > 0][SHOWN_ORDERS] if len(orders) else orders
        typer.echo(as_markdown(due) if len(due) else t("command.forecast_nothing_due"))


@forecast_app.command()
def evaluate(
    hotel: HotelOption = None,
    retail: Annotated[Path | None, typer.Option(help="Movements of a wholesaler (Parquet) instead of a hotel.")] = None,
) -> None:
    """Back-test in time order, beside seasonal naive and every single model."""
    from pipeline.forecasting.evaluation import evaluate as judge
    from pipeline.forecasting.retail import retail_history

    if retail is not None:
        typer.echo(as_markdown(judge(retail_history(pd.read_parquet(retail)))))
        return
    with opened() as (services, t):
        for found in services.hotels.listed(SYSTEM, hotel):
            table = services.forecasts.evaluate(SYSTEM, found.id, services.clock.now())
            console.print(t("command.forecast_evaluated", hotel=found.code))
            typer.echo(as_markdown(table) if len(table) else t("command.forecast_not_measurable"))


def as_markdown(table: pd.DataFrame) -> str:
    """A table with figures to three decimals."""
    cells = [
        [f"{value:.3f}" if isinstance(value, float) else str(value) for value in row]
        for row in table.itertuples(index=False)
    ]
    lines = [[str(name) for name in table.columns], ["---"] * len(table.columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
