"""``manage.py models``: versions of model files, and which one is in use (SPEC B3, B4, R4)."""

from typing import Annotated

import typer

from commands.permission import stands_for
from commands.terminal import HotelOption, console, one_hotel, opened
from core.i18n import Translator
from core.scope import SYSTEM
from operations.model_files.service import Version

models_app = typer.Typer(no_args_is_help=True, help="Model files: versions, which one is in use, clean-up.")
Reason = Annotated[str, typer.Option(prompt=True, help="Why; kept in the history.")]


@models_app.command("list")
@stands_for("models.read")
def show(hotel: HotelOption = None) -> None:
    """Every version of a hotel with its state and size."""
    with opened() as (services, t):
        found = services.model_files.files(SYSTEM, one_hotel(services, hotel).id)
        for version in found.versions:
            console.print(_line(t, version), markup=False)
        console.print(
            t("models.total", files=found.file_count, megabytes=t.number(found.size_bytes / 1e6, 2),
              disk=t.percent(found.disk_ratio))
        )  # fmt: skip


@models_app.command()
@stands_for("models.read")
def check(model: int) -> None:
    """Load a version and score its reference batch."""
    with opened() as (services, t):
        models = services.pipeline.models
        seconds = models.check(models.get_model_info(SYSTEM, model))
        console.print(t("models.checked", model=model, milliseconds=t.number(1000 * seconds, 1)))


@models_app.command()
@stands_for("models.write")
def activate(model: int, reason: Reason = "") -> None:
    """Use this version from now on."""
    with opened() as (services, t):
        services.pipeline.models.make_active(SYSTEM, model, reason)
        console.print(t("models.activated", model=model))


@models_app.command()
@stands_for("models.write")
def rollback(metric: str, model_type: str, hotel: HotelOption = None, reason: Reason = "") -> None:
    """Back to the version that was in use before: METRIC such as stok_seviye, MODEL_TYPE such as isolation_forest."""
    with opened() as (services, t):
        hotel_id = one_hotel(services, hotel).id
        row = services.pipeline.models.rollback(SYSTEM, hotel_id, metric, model_type, reason)
        console.print(t("models.activated", model=row.id))


@models_app.command()
@stands_for("models.write")
def follow(metric: str, model_type: str, hotel: HotelOption = None) -> None:
    """End a person's choice: trainings replace the version in use again."""
    with opened() as (services, t):
        hotel_id = one_hotel(services, hotel).id
        row = services.pipeline.models.follow_trainings(SYSTEM, hotel_id, metric, model_type)
        console.print(t("models.followed", model=row.id))


@models_app.command()
@stands_for("models.write")
def delete(model: int) -> None:
    """Delete the file of a version that is not in use."""
    with opened() as (services, t):
        size = services.pipeline.models.upkeep.delete(SYSTEM, model)
        console.print(t("models.deleted", model=model, megabytes=t.number(size / 1e6, 2)))


@models_app.command()
@stands_for("jobs.run")
def cleanup(
    hotel: HotelOption = None, dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say it.")] = False
) -> None:
    """Versions beyond three of a kind, those inactive for a month, files of killed writers."""
    with opened() as (services, t):
        for found in services.hotels.listed(SYSTEM, hotel):
            if dry_run:
                preview = services.model_files.preview(SYSTEM, found.id)
                files, size = preview.files, preview.size_bytes
            else:
                cleaned = services.pipeline.models.cleanup_old_models(SYSTEM, found.id)
                files, size = cleaned.files, cleaned.size_bytes
            kind = "models.would_clean" if dry_run else "models.cleaned"
            console.print(t(kind, hotel=found.code, count=files, megabytes=t.number(size / 1e6, 2)))


def _line(t: Translator, version: Version) -> str:
    size = "–" if version.size_bytes is None else t("models.kilobytes", value=t.number(version.size_bytes / 1024, 0))
    trained = t.instant(version.trained_at)
    state = t(f"models.state_{version.state}")
    return f"{version.id:>6}  {version.metric_type} · {version.model_type}  {state}  {trained}  {size}"
