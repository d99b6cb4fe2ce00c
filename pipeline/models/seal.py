"""What the database keeps about a model file, and what must fit before a byte of it is opened (B2, B9)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.errors import AppError

if TYPE_CHECKING:
    from db.queries.models import ModelRow

PICKLED_WITH = ("scikit-learn", "numpy", "scipy", "pandas", "joblib")
FORMAT = "2"  # of our own files


@cache
def library_versions() -> MappingProxyType[str, str]:
    """Versions that a pickle depends on, by package, and that of our own format."""
    return MappingProxyType({name: version(name) for name in PICKLED_WITH} | {"barometer format": FORMAT})


def feature_hash(names: Sequence[str]) -> str:
    """SHA-256 of the columns that a model reads, in their order."""
    return hashlib.sha256(json.dumps(list(names)).encode()).hexdigest()


@dataclass(frozen=True)
class Identity:
    """Whose model it is; signed together with the content, so that a file never passes for another one."""

    hotel_id: int
    model_type: str
    metric_type: str
    feature_names: tuple[str, ...] = ()
    trained_from: datetime | None = None
    trained_until: datetime | None = None

    @classmethod
    def of(cls, row: "ModelRow") -> "Identity":
        if not isinstance(row.feature_names, list | None):
            raise AppError("model_corrupt", 409, params={"path": row.model_path or f"model {row.id}"})
        names = tuple(row.feature_names or ())
        return cls(row.hotel_id, row.model_type, row.metric_type, names, row.trained_from, row.trained_until)

    def message(self, path: str, sha256: str, versions: dict[str, str]) -> bytes:
        """What is signed."""
        window = [_instant(self.trained_from), _instant(self.trained_until)]
        hashed = feature_hash(self.feature_names)
        signed = [path, sha256, self.hotel_id, self.model_type, self.metric_type, hashed, window, versions]
        return json.dumps(signed, sort_keys=True).encode()


@dataclass(frozen=True)
class Seal:
    """``path`` is relative to the model folder, "" for a copy in the database; ``signature`` is ``<key id>:<HMAC>``."""

    path: str
    size_bytes: int
    sha256: str
    signature: str
    library_versions: dict[str, str]

    @classmethod
    def of(cls, row: "ModelRow") -> "Seal | None":
        """The seal of a row; None where it never had one (models of the older system)."""
        if not row.sha256 or not row.hmac_sha256:
            return None
        if not isinstance(row.library_versions, dict | None):
            raise AppError("model_corrupt", 409, params={"path": row.model_path or f"model {row.id}"})
        versions = dict(row.library_versions or {})
        return cls(row.model_path or "", row.size_bytes or 0, row.sha256, row.hmac_sha256, versions)


def _instant(at: datetime | None) -> str | None:
    """In UTC; an instant without a zone is one of UTC."""
    return None if at is None else (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
