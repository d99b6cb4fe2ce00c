"""Moves models that the database holds into the model folder (SPEC B10), beside a running installation.

``--dry-run`` opens every model and writes nothing; ``--rollback`` takes the move back. Stopped at any time, a second
run goes on where the first one stopped.
"""

import sys
from typing import Annotated

import typer

from commands.terminal import console, opened, shown_progress
from core.errors import AppError
from core.i18n import Translator
from core.scope import SYSTEM
from core.settings import load_settings


def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Open every model, write nothing.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Back into the database, files away.")] = False,
) -> None:
    """Move models from the database into files."""
    from pipeline.models.moving.service import ModelMove

    with opened() as (services, t):
        move = ModelMove(services.pipeline.models)
        work = move.to_database if rollback else move.to_files
        with shown_progress(t) as progress:
            moved = work(SYSTEM, dry_run=dry_run, progress=progress)
        for model_id, error in moved.failed.items():
            reason = t(error.message_id, **error.params)
            console.print(t("models.move_failed", model=model_id, reason=reason), markup=False)
        counts = {"moved": len(moved.moved), "failed": len(moved.failed), "skipped": len(moved.skipped)}
        kind = "models.would_move" if dry_run else "models.moved"
        console.print(t(kind, megabytes=t.number(moved.size_bytes / 1e6, 2), **counts))
        if moved.failed:
            raise typer.Exit(1)


def main() -> None:
    """An expected failure is one clear sentence and exit code 1."""
    try:
        typer.run(migrate)
    except AppError as error:
        language = "en" if error.code == "settings_wrong" else load_settings().language
        sys.exit(Translator(language)(error.message_id, **error.params))


if __name__ == "__main__":
    main()
