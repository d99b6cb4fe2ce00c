"""What a backup says of itself: in clear for the list (label), sealed and in full for the proof (manifest)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from core.errors import AppError
from db.queries.backups import TableState

FORMAT = 1
KINDS = ("manual", "scheduled", "safety")


@dataclass(frozen=True)
class Label:
    """What can be read without the key; it is proven when the backup is opened."""

    name: str
    kind: str
    made_at: datetime
    made_by: str
    key_id: str
    app_version: str
    schema: str  # revision of the migrations
    postgres: int  # major version of the server
    format: int = FORMAT

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"made_at": self.made_at.isoformat()}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Label":
        """Raises ``backup_damaged``, or ``backup_from_newer_version`` for a format that we do not know."""
        try:
            if int(document["format"]) > FORMAT:
                raise AppError(
                    "backup_from_newer_version", 409,
                    params={"what": f"format {document['format']}", "ours": f"format {FORMAT}"},
                )  # fmt: skip
            names = cls.__dataclass_fields__.keys()
            known = {name: document[name] for name in names}
            return cls(**known | {"made_at": datetime.fromisoformat(document["made_at"])})
        except (KeyError, TypeError, ValueError) as error:
            raise AppError("backup_damaged", 409, params={"reason": "label"}) from error


@dataclass(frozen=True)
class FileState:
    """One file in the archive."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything that a restored copy is compared with, as of one snapshot of the database."""

    label: Label
    tables: Mapping[str, TableState]
    files: Mapping[str, FileState]
    audit_head: str | None  # last link of the chain, as ``position:sha256``
    settings: Mapping[str, Any]  # names and values that are no secrets, to read

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def document(self) -> dict[str, Any]:
        return {
            "label": self.label.document(), "audit_head": self.audit_head, "settings": dict(self.settings),
            "tables": {name: asdict(table) for name, table in self.tables.items()},
            "files": {name: asdict(file) for name, file in self.files.items()},
        }  # fmt: skip

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Manifest":
        return cls(
            Label.of(document["label"]),
            {name: TableState(**table) for name, table in document["tables"].items()},
            {name: FileState(**file) for name, file in document["files"].items()},
            document["audit_head"], document["settings"],
        )  # fmt: skip
