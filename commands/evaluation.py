"""``manage.py evaluate``: how good detection is."""

import typer

from commands.terminal import HotelOption, opened
from core.scope import SYSTEM


def evaluate(hotel: HotelOption = None) -> None:
    """Compare detection with the planted anomalies of simulated hotels, beside the older system's rule."""
    from pipeline.detection.evaluation.service import evaluate as judge_planted
    from pipeline.detection.evaluation.table import as_markdown

    with opened() as (services, _):
        hotels = [found.id for found in services.hotels.listed(SYSTEM, hotel)]
        typer.echo(as_markdown(judge_planted(services.database, hotels)))
