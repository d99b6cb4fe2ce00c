"""How a process comes to the settings of the database: default < database < file < environment.

The settings of a process are one object that everybody in it shares and reads when they need a value, so that a new
version is taken by changing it in place.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import AppError
from core.logs import logger
from core.settings import Settings
from db.session import Database
from operations.configuration import stored
from operations.configuration.keys import EDITABLE

log = logger(__name__)


def effective_values(settings: Settings, values: Mapping[str, Any]) -> dict[str, Any]:
    """What each editable setting is with these values in the database; what file or environment fix stays."""
    fields, fixed = Settings.model_fields, settings.model_fields_set
    return {
        name: getattr(settings, name) if name in fixed else values.get(name, fields[name].default) for name in EDITABLE
    }


def take(settings: Settings, values: Mapping[str, Any]) -> set[str]:
    """Change the settings in place; which of them are others now."""
    wanted = effective_values(settings, values)
    changed = {name for name, value in wanted.items() if getattr(settings, name) != value}
    vars(settings).update(wanted)  # not by assignment: pydantic would count them as given by the environment
    if "log_level" in changed:
        logging.getLogger().setLevel(settings.log_level)
    return changed


def effective_settings(settings: Settings, database: Database) -> Settings:
    """The same object with the values of the database; for processes that do one thing and end."""
    Taking(settings, database).look()
    return settings


@dataclass
class Taking:
    """Looks for a new version again and again; ``then`` is called when it changed something."""

    settings: Settings
    database: Database
    then: Callable[[], object] = lambda: None
    told_id: int | None = None

    def look(self) -> None:
        """Raises when the database is away: everything stays as it was."""
        with self.database.reading() as connection:
            found = stored.read(connection)
        if found.problems and found.newest_id != self.told_id:
            self.told_id = found.newest_id
            log.error("configuration_invalid", version_id=found.newest_id, good_id=found.good_id)
        changed = take(self.settings, found.values or {})
        if changed:
            log.info("configuration_taken", version_id=found.good_id, changed=sorted(changed))
            self.then()

    def begin(self) -> None:
        """The first look of a process that also starts without a database, and looks again later."""
        try:
            self.look()
        except AppError as error:
            log.warning("configuration_not_read", error=str(error))
