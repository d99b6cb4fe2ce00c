"""The configuration as administrators see it, change it and take changes back (C9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.masking import masked
from core.scope import Scope
from core.settings import Settings, environment_names, given_by
from db.queries import audit
from db.queries import configuration as queries
from db.queries.configuration import VersionRow
from db.session import Database
from operations.configuration import stored
from operations.configuration.keys import EDITABLE, written
from operations.configuration.secrets import known_secrets, without_secrets
from operations.configuration.shapes import (
    Configuration,
    KeyChange,
    Proposal,
    Setting,
    Version,
    changed_keys,
    difference,
)
from operations.configuration.stored import Stored, checksum, judged
from operations.configuration.taking import Taking
from operations.configuration.validation import Problem, checked

__all__ = ["Configuration", "ConfigurationService", "KeyChange", "Proposal", "Setting", "Version"]

HISTORY = 100


@dataclass(frozen=True)
class _New:
    text: str
    reason: str
    expected_id: int | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class ConfigurationService:
    """``settings``: those of this process, which everybody in it reads."""

    database: Database
    clock: Clock
    settings: Settings
    taking: Taking = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "taking", Taking(self.settings, self.database))

    def follow(self) -> None:
        """Take the version that counts; raises when the database is away."""
        self.taking.look()

    def shown(self, scope: Scope) -> Configuration:
        """Every setting with where its value comes from, and the versions in the database."""
        scope.require("config.read")
        with self.database.reading() as connection:
            found = stored.read(connection)
        values, sources = found.values or {}, given_by(self.settings)
        settings = tuple(self._setting(name, values, sources) for name in Settings.model_fields)
        newest = self._version(found.newest, found, found.problems) if found.newest else None
        return Configuration(settings, newest, self._version(found.good, found, ()) if found.good else None)

    def check(self, scope: Scope, text: str) -> Proposal:
        """What is wrong with a text, and what it would change against the version that counts.

        That a line holds a secret of the settings is told to those alone who may write: others could guess one.
        """
        scope.require("config.read")
        may_write = scope.allows_everywhere("config.write")
        with self.database.reading() as connection:
            found = stored.read(connection)
        judgement = checked(text, known_secrets(self.settings) if may_write else ())
        now = self._hidden(found.good.text) if found.good else ""
        changes = self._changes(found.values or {}, judgement.values) if judgement.is_valid else ()
        diff = difference(now, text)
        return Proposal(judgement.problems, changes, self._hidden(diff) if may_write else diff)

    def save(self, scope: Scope, text: str, reason: str, expected_id: int | None) -> int:
        """A new version upon ``expected_id``; returns its id.

        Raises ``configuration_reason_missing``, ``configuration_invalid`` with the first line that is wrong, and
        ``configuration_changed`` (409) when somebody else saved meanwhile.
        """
        scope.require_everywhere("config.write")
        judgement = checked(text, known_secrets(self.settings))
        if judgement.problems:
            raise _invalid(judgement.problems)
        return self._add(scope, _New(text, reason, expected_id, judgement.values), "configuration_saved")

    def rollback(self, scope: Scope, version_id: int, reason: str, expected_id: int | None) -> int:
        """A new version with the text of an older one; 0 means no settings in the database at all."""
        scope.require_everywhere("config.write")
        row = None if version_id == 0 else self._row(version_id)
        judgement, text = (judged(row), row.text) if row else (checked(""), "")
        if not judgement.is_valid:
            raise AppError("configuration_version_invalid", 409, params={"id": version_id})
        new = _New(text, reason, expected_id, judgement.values)
        return self._add(scope, new, "configuration_rolled_back", {"to": version_id})

    def history(self, scope: Scope, key: str | None = None) -> list[Version]:
        """The newest hundred, each with what it changed; with ``key`` those that changed this setting."""
        scope.require("config.read")
        with self.database.reading() as connection:
            found, rows = stored.read(connection), queries.newest(connection, HISTORY + 1)
        before: Mapping[str, Any] = {}
        versions = []
        for row in reversed(rows):
            judgement = judged(row)
            changes = self._changes(before, judgement.values) if judgement.is_valid else ()
            before = judgement.values if judgement.is_valid else before
            versions.append(self._version(row, found, judgement.problems, changes))
        kept = versions[-HISTORY:][::-1]
        return [one for one in kept if key is None or any(change.name == key for change in one.changes)]

    def compared(self, scope: Scope, version_id: int) -> str:
        """The diff of a version against the one before it."""
        scope.require("config.read")
        row = self._row(version_id)
        before = self._row(row.previous_id).text if row.previous_id else ""
        return self._hidden(difference(before, row.text))

    def restore_within(self, connection: Any, scope: Scope, text: str, reason: str, expected_id: int | None) -> int:
        """``save`` a text of a backup in the caller's transaction; processes take it soon after it is committed."""
        scope.require_everywhere("config.write")
        judgement = checked(text, known_secrets(self.settings))
        if judgement.problems:
            raise _invalid(judgement.problems)
        new = _New(text, reason, expected_id, judgement.values)
        return self._add_within(connection, scope, new, "configuration_rolled_back", {})

    def _add(self, scope: Scope, new: "_New", action: str, details: dict[str, Any] | None = None) -> int:
        if not new.reason.strip():
            raise AppError("configuration_reason_missing")
        with self.database.transaction() as connection:
            added = self._add_within(connection, scope, new, action, details or {})
        self.taking.begin()  # this process at once, the others soon
        return added

    def _add_within(self, connection: Any, scope: Scope, new: "_New", action: str, details: dict[str, Any]) -> int:
        reason = self._hidden(new.reason.strip())
        row = {
            "text": new.text, "previous_id": new.expected_id, "author": scope.actor, "saved_at": self.clock.now(),
            "reason": reason, "checksum": checksum(new.text),
        }  # fmt: skip
        found = stored.read(connection)
        added = queries.add(connection, row)
        if added is None:
            raise _overtaken(queries.newest(connection, 1))
        changes = self._changes(found.values or {}, new.values)
        audit.record(
            connection, scope.actor, action, entity=f"configuration {added}", details={"reason": reason, **details},
            before={one.name: one.before for one in changes}, after={one.name: one.after for one in changes},
        )  # fmt: skip
        return added

    def _row(self, version_id: int) -> VersionRow:
        with self.database.reading() as connection:
            row = queries.one(connection, version_id)
        if row is None:
            raise AppError("not_found", 404, params={"what": f"configuration {version_id}"})
        return row

    def _version(
        self, row: VersionRow, found: Stored, problems: tuple[Problem, ...], changes: tuple[KeyChange, ...] = ()
    ) -> Version:
        counts = found.good is not None and found.good.id == row.id
        return Version(
            row.id, self._hidden(row.text), row.author, row.saved_at, self._hidden(row.reason), problems,
            counts, changes,
        )  # fmt: skip

    def _changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[KeyChange, ...]:
        fixed = self.settings.model_fields_set
        return tuple(
            KeyChange(
                name, before.get(name), after.get(name), name in fixed, EDITABLE[name].takes, EDITABLE[name].alerts
            )
            for name in changed_keys(before, after)
        )

    def _setting(self, name: str, values: Mapping[str, Any], sources: Mapping[str, str]) -> Setting:
        known, editable, value = Settings.model_fields[name], EDITABLE.get(name), getattr(self.settings, name)
        source = sources.get(name) or ("database" if name in values else "default")
        is_secret = not known.repr
        return Setting(
            name, environment_names(name, known)[0], known.description or "",
            None if is_secret else self._told(name, value), None if is_secret else self._told(name, known.default),
            source, is_secret, value is not None, editable is not None, name in sources,
            written(values[name]) if name in values else None,
            editable.takes if editable else ("restart",), editable is not None and editable.alerts,
        )  # fmt: skip

    def _told(self, name: str, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool):
            return written(value)
        return self._hidden(str(masked(str(value))))

    def _hidden(self, text: str) -> str:
        return without_secrets(text, known_secrets(self.settings))


def _invalid(problems: tuple[Problem, ...]) -> AppError:
    first, told = problems[0], [{"line": one.line, "code": one.code, "key": one.key} for one in problems]
    return AppError("configuration_invalid", 422, params={"line": first.line, "problems": told})


def _overtaken(newest: list[VersionRow]) -> AppError:
    """The version that is the newest now, by whom."""
    row = newest[0] if newest else None
    return AppError("configuration_changed", 409, params={"by": row.author if row else "–", "id": row.id if row else 0})
