"""What an import found: counts, and errors by row and field that people can read and download."""

import csv
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any, Literal

from core.errors import AppError
from core.i18n import Translator

State = Literal["imported", "checked", "refused"]
SHOWN_ERRORS = 10
RECORDED_ERRORS = 100
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class RowError:
    """One refused value. ``row`` counts as a spreadsheet does: the headings are row 1."""

    row: int
    field: str
    value: str
    code: str
    params: dict[str, Any] = dataclass_field(default_factory=dict)

    def message(self, translator: Translator) -> str:
        params = {"field": translator(f"import.field.{self.field}") if self.field else "", "value": self.value}
        return translator(f"import.rule.{self.code}", **(params | self.params))


@dataclass(frozen=True)
class ImportReport:
    """The result of one file: ``state`` is imported, checked (a dry run) or refused (errors, nothing written)."""

    kind: str
    state: State
    rows: int
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowError] = dataclass_field(default_factory=list)
    columns: dict[str, str] = dataclass_field(default_factory=dict)
    ignored_columns: list[str] = dataclass_field(default_factory=list)
    details: dict[str, Any] = dataclass_field(default_factory=dict)
    run_id: int | None = None

    @property
    def bad_rows(self) -> int:
        return len({error.row for error in self.errors})


def record_of(report: ImportReport, file_name: str, file_sha256: str = "") -> dict[str, Any]:
    """The report as a row of ``import_runs``, with its first errors."""
    return {
        "kind": report.kind,
        "file_name": file_name,
        "file_sha256": file_sha256,
        "state": report.state,
        "row_count": report.rows,
        "inserted_count": report.inserted,
        "updated_count": report.updated,
        "error_count": len(report.errors),
        "errors": [
            {"row": error.row, "field": error.field, "value": error.value, "rule": error.code, "params": error.params}
            for error in report.errors[:RECORDED_ERRORS]
        ],
    }


def summary(report: ImportReport, translator: Translator) -> list[str]:
    """What happened, in one line of counts and the first errors."""
    counts = {"rows": report.rows, "inserted": report.inserted, "updated": report.updated}
    lines = [translator(f"command.import_{report.state}", unchanged=report.unchanged, bad=report.bad_rows, **counts)]
    shown = report.errors[:SHOWN_ERRORS]
    return lines + [translator("command.import_error", row=e.row, message=e.message(translator)) for e in shown]


def read_mapping(parts: list[str]) -> dict[str, str]:
    """{field: heading} of ``field=heading`` texts; raises ``import_mapping_wrong`` naming the first other one."""
    wrong = [part for part in parts if not part.partition("=")[1]]
    if wrong:
        raise AppError("import_mapping_wrong", params={"text": wrong[0]})
    return {field.strip(): heading.strip() for field, _, heading in (part.partition("=") for part in parts)}


def write_errors(report: ImportReport, path: Path, translator: Translator) -> None:
    """The errors as a CSV file that spreadsheets open in any language; no cell becomes a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["row", "field", "value", "rule", "message"])
        for error in report.errors:
            heading = report.columns.get(error.field, error.field)
            cells = (heading, error.value, error.code, error.message(translator))
            writer.writerow([error.row, *(_as_text(cell) for cell in cells)])


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
