"""``manage.py forecast``: make forecasts, show them, see how good they are."""

from datetime import UTC
from math import isfinite
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import pandas as pd
import typer

from commands.permission import stands_for
from commands.terminal import AtOption, HotelOption, console, one_hotel, opened, shown_progress
from core.i18n import Translator
from core.scope import SYSTEM

forecast_app = typer.Typer(no_args_is_help=True, help="Demand, run-outs and orders.")
SHOWN_ORDERS = {
    "name": "overview.product", "level": "overview.level", "reorder_point": "command.reorder_point",
    "safety_stock": "command.safety_stock", "order_up_to": "command.order_up_to", "case_size": "command.case_size",
    "quantity": "command.order_quantity",
}  # fmt: skip


@forecast_app.command()
@stands_for("jobs.run")
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
@stands_for("metrics.read")
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
        typer.echo(as_markdown(run_out_words(t, run_outs)))
        console.print(t("command.forecast_orders", hotel=found.code))
        due = orders[orders["quantity"] > 0] if len(orders) else orders
        typer.echo(as_markdown(order_words(t, due)) if len(due) else t("command.forecast_nothing_due"))


@forecast_app.command()
@stands_for("metrics.read")
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


def run_out_words(t: Translator, run_outs: pd.DataFrame) -> pd.DataFrame:
    """As the overview says it: days with their interval; beyond the horizon it is open."""
    days = zip(run_outs["days_left"], run_outs["days_low"], run_outs["days_high"], strict=True)
    return pd.DataFrame(
        {
            t("overview.product"): run_outs["name"],
            t("overview.level"): [t.number(value, 0) for value in run_outs["level"]],
            t("command.daily_outflow"): [t.number(value, 1) for value in run_outs["daily_outflow"]],
            t("overview.days"): [_days(t, *one) for one in days],
            t("overview.probability"): [t.percent(value) for value in run_outs["probability_soon"]],
            t("command.forecast_model"): run_outs["model"],
        }
    )


def _days(t: Translator, days: float, low: float, high: float) -> str:
    if not isfinite(low):
        return "–"
    if not isfinite(days):
        return f"> {t.number(low, 0)}"
    if not isfinite(high):
        return t("overview.days_open", days=t.number(days, 0), low=t.number(low, 0))
    return t("overview.day_range", days=t.number(days, 0), low=t.number(low, 0), high=t.number(high, 0))


def order_words(t: Translator, orders: pd.DataFrame) -> pd.DataFrame:
    """Orders with headings in the reader's language, quantities in whole units."""
    shown = orders[list(SHOWN_ORDERS)].copy()
    for name in shown.columns[1:]:
        shown[name] = [t.number(value, 0) for value in shown[name]]
    return shown.rename(columns={name: t(key) for name, key in SHOWN_ORDERS.items()})


def as_markdown(table: pd.DataFrame) -> str:
    """A table with figures to three decimals."""
    cells = [
        [f"{value:.3f}" if isinstance(value, float) else str(value) for value in row]
        for row in table.itertuples(index=False)
    ]
    lines = [[str(name) for name in table.columns], ["---"] * len(table.columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
