"""``manage.py backup``: make, prove, list, restore, undo, delete and bring backups (SPEC C8)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from commands.permission import stands_for
from commands.terminal import console, opened, shown_progress
from core.errors import AppError
from core.i18n import Translator
from core.scope import SYSTEM
from operations.backups.parts import words
from operations.backups.parts.service import Wanted
from operations.backups.service import Backup, Restored
from services import Services

backup_app = typer.Typer(no_args_is_help=True, help="Backups: made, proven by restoring them, restored, undone.")

NO_HOTELS: list[str] = []
NameArgument = Annotated[str, typer.Argument(help="The backup, as 'backup list' names it.")]
OnlyOption = Annotated[
    str, typer.Option("--only", help="Parts, with commas: thresholds,verdicts,configuration; everything when empty.")
]
HotelsOption = Annotated[list[str], typer.Option("--hotel", help="With --only: code of a hotel; all when left out.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@backup_app.command()
@stands_for("backups.write")
def create() -> None:
    """Make a backup of the database, the model files and the keys, and prove it by restoring it."""
    with opened() as (services, t):
        with shown_progress(t) as progress:
            made = services.backups.create(SYSTEM, progress)
        console.print(t("backup.made", name=made.name, size=size(t, made.size_bytes)))
        _tell_proof(t, made)


@backup_app.command("list")
@stands_for("backups.read")
def show() -> None:
    """Every backup: when it was made, how large it is, and what its proof found."""
    with opened() as (services, t):
        found = services.backups.listed(SYSTEM)
        if not found.backups:
            console.print(t("backup.none"))
            return
        name = Column(t("backup.name"), no_wrap=True, min_width=36)
        table = Table(name, t("backup.made_at"), t("backup.size"), t("backup.state"), t("backup.proven_at"))
        for one in found.backups:
            made = t.instant(one.label.made_at) if one.label else "–"
            proven = t.instant(one.proof.proven_at) if one.proof else "–"
            table.add_row(one.name, made, size(t, one.size_bytes), t(f"backup.state_{one.state}"), proven)
        console.print(table)
        if found.undoable:
            console.print(t("backup.can_undo", at=found.undoable.at, until=found.undoable.until))
        for done in services.backup_jobs.parts.undoable(SYSTEM):
            told = words.parts(t, done.parts)
            console.print(t("parts.can_undo", id=done.id, name=done.backup, parts=told, at=done.at, until=done.until))


@backup_app.command()
@stands_for("backups.write")
def verify(name: NameArgument) -> None:
    """Prove a backup: restore it into a scratch database and compare every table and file."""
    with opened() as (services, t):
        with shown_progress(t) as progress:
            found = services.backups.prove(SYSTEM, name, progress)
        _tell_proof(t, found)


@backup_app.command()
@stands_for("backups.read")
def preview(name: NameArgument, only: OnlyOption = "", hotel: HotelsOption = NO_HOTELS) -> None:
    """What a restore would lose and gain, table by table; with --only, what putting these parts back would change."""
    with opened() as (services, t):
        if only or hotel:
            wanted = _wanted(services, only, hotel)
            with shown_progress(t) as progress:
                found = services.backup_jobs.parts.preview(SYSTEM, name, wanted, progress)
            _tell_comparison(t, found.document(name, wanted))
            return
        table = Table(t("backup.table"), t("backup.now"), t("backup.then"), t("backup.lost"), t("backup.gained"))
        for one in services.backups.preview(SYSTEM, name):
            if one.has_changed:
                numbers = (one.rows_now, one.rows_then, one.lost, one.gained)
                table.add_row(one.table, *(t.number(number) for number in numbers))
        console.print(table)


@backup_app.command()
@stands_for("backups.restore")
def restore(name: NameArgument, yes: YesOption = False, only: OnlyOption = "", hotel: HotelsOption = NO_HOTELS) -> None:
    """Put a backup in the place of the present state, of which a safety copy is made first; with --only some parts."""
    with opened() as (services, t):
        services.backups.one(SYSTEM, name)
        if only or hotel:
            _restore_parts(services, t, name, _wanted(services, only, hotel), yes=yes)
            return
        if not yes and typer.prompt(t("backup.type_name", name=name)) != name:
            raise typer.Abort
        with shown_progress(t) as progress:
            done = services.backups.restore(SYSTEM, name, progress)
        _tell_restored(t, done)


@backup_app.command()
@stands_for("backups.restore")
def undo(
    yes: YesOption = False,
    parts: Annotated[bool, typer.Option("--parts", help="A restore of parts, the last one unless --of.")] = False,
    of: Annotated[int | None, typer.Option("--of", help="With --parts: its number, as 'backup list' tells.")] = None,
) -> None:
    """Put the state before the last restore back; with --parts, take back parts that were put back."""
    with opened() as (services, t):
        if parts or of is not None:
            _undo_parts(services, t, of, yes=yes)
            return
        if not yes:
            typer.confirm(t("backup.undo_sure"), abort=True)
        with shown_progress(t) as progress:
            done = services.backups.undo(SYSTEM, progress)
        console.print(t("backup.undone", name=done.name))


@backup_app.command()
@stands_for("backups.write")
def delete(name: NameArgument, yes: YesOption = False) -> None:
    """Delete one backup for good."""
    with opened() as (services, t):
        if not yes:
            typer.confirm(t("backup.delete_sure", name=name), abort=True)
        services.backups.delete(SYSTEM, name, name)
        console.print(t("backup.deleted", name=name))


@backup_app.command()
@stands_for("backups.write")
def prune() -> None:
    """Delete the backups that the retention does not keep."""
    with opened() as (services, t):
        gone = services.backups.prune(SYSTEM)
        console.print(t("backup.pruned", count=len(gone)))
        for name in gone:
            console.print(name)


@backup_app.command()
@stands_for("backups.write")
def bring(file: Annotated[Path, typer.Argument(help="An archive from elsewhere.")]) -> None:
    """Take an archive from elsewhere into the folder of backups; it must open with the keys that are here."""
    with opened() as (services, t):
        console.print(t("backup.brought", name=services.backups.bring(SYSTEM, file).name))


@backup_app.command()
@stands_for("keys.write")
def key() -> None:
    """Print the key that opens the backups, to keep it where this machine's loss does not reach it."""
    with opened() as (services, _):
        typer.echo(services.backups.backup_keys.first().secret)


def _wanted(services: Services, only: str, codes: list[str]) -> Wanted:
    """Raises ``parts_unknown``, ``parts_only`` and ``hotel_unknown``."""
    if not only:
        raise AppError("parts_only")
    hotels = [one.id for code in codes for one in services.hotels.listed(SYSTEM, code)]
    return Wanted.of([part.strip() for part in only.split(",")], hotels or None)


def _tell_comparison(t: Translator, found: Mapping[str, Any], *, undoing: bool = False) -> None:
    if not found["items"]:
        console.print(t("parts.same"))
    else:
        table = Table(*words.titles(t, undoing=undoing))
        for item in found["items"]:
            table.add_row(*map(escape, words.row(t, item)))
        console.print(table)
    for rest in ("left_out", "newer"):
        if found[rest]:
            console.print(t(f"parts.{rest}", count=found[rest]))


def _restore_parts(services: Services, t: Translator, name: str, wanted: Wanted, *, yes: bool) -> None:
    parts = services.backup_jobs.parts
    with shown_progress(t) as progress:
        seen = parts.preview(SYSTEM, name, wanted, progress)
    _tell_comparison(t, seen.document(name, wanted))
    if not seen.possible:
        raise AppError("parts_nothing", 409)
    told = words.parts(t, wanted.parts)
    if not yes and typer.prompt(t("parts.type_name", name=name, parts=told)) != name:
        raise typer.Abort
    with shown_progress(t) as progress:
        done = parts.restore(SYSTEM, name, wanted, progress, seen.mark)
    console.print(t("parts.restored", count=done.changed, parts=told, name=name))
    console.print(t("backup.safety", name=done.safety))


def _undo_parts(services: Services, t: Translator, of: int | None, *, yes: bool) -> None:
    parts = services.backup_jobs.parts
    if of is None:
        of = next((one.id for one in parts.undoable(SYSTEM)), 0)  # 0: none
    done, seen = parts.undo_preview(SYSTEM, of)
    told = words.parts(t, done.parts)
    _tell_comparison(t, seen.document(done.backup, Wanted.of(done.parts)), undoing=True)
    if seen.possible and not yes:
        typer.confirm(t("parts.undo_sure", name=done.backup, parts=told, at=done.at), abort=True)
    undone = parts.undo(SYSTEM, of, seen.mark)
    console.print(t("parts.undone", count=undone.changed))
    if undone.left:
        console.print(t("parts.left", count=undone.left))


def size(t: Translator, size_bytes: int) -> str:
    return f"{t.number(size_bytes / 1_000_000, 1)} MB"


def _tell_proof(t: Translator, found: Backup) -> None:
    if found.proof is None:
        return
    console.print(
        t(
            "backup.proven", seconds=found.proof.restore_seconds, rows=found.proof.rows, tables=found.proof.tables,
            files=found.proof.files,
        )
    )  # fmt: skip
    for fault in ("audit_findings", "models_missing", "keys_missing", "rows_missing"):
        if number := getattr(found.proof, fault):
            console.print(t(f"backup.{fault}", count=number))


def _tell_restored(t: Translator, done: Restored) -> None:
    console.print(t("backup.restored", name=done.name, seconds=done.restore_seconds, rows=done.rows))
    console.print(t("backup.safety", name=done.safety or "–"))
    console.print(t("backup.audit_carried", count=done.carried.audit_entries))
