"""``manage.py audit``: proves that nobody changed the audit log (SPEC C13)."""

from typing import Annotated

import typer

from commands.permission import stands_for
from commands.terminal import console, opened
from core.scope import SYSTEM
from identity.audit.service import Head

audit_app = typer.Typer(no_args_is_help=True, help="The audit log: prove that nobody changed it.")


@audit_app.command()
@stands_for("audit.verify")
def head() -> None:
    """Print the end of the chain; keep it where the database's administrators cannot reach it."""
    with opened() as (services, _):
        typer.echo(str(services.audit.head(SYSTEM)))


@audit_app.command()
@stands_for("audit.verify")
def verify(
    head: Annotated[str, typer.Option(help="What `audit head` printed earlier: nothing before it was rewritten.")] = "",
) -> None:
    """Compare every entry with the chain; exit code 1 when one was changed, deleted, inserted or reordered."""
    kept = Head.parse(head) if head else None
    with opened() as (services, t):
        proof = services.audit.verify(SYSTEM, kept)
        for finding in proof.findings:
            place = {"entry": finding.entry_id or "–", "position": finding.position or "–"}
            console.print(t(f"audit.finding_{finding.kind}", **place), markup=False)
        if proof.findings:
            console.print(t("audit.broken", count=len(proof.findings)))
            raise typer.Exit(1)
        console.print(t("audit.unbroken", count=proof.head.position, head=str(proof.head)), markup=False)
