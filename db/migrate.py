"""Migrations from code: up, down, and whether the database is at the newest revision."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from core.errors import AppError
from core.settings import ROOT
from db.outages import first_line
from db.session import Database

MIGRATION_LOCK = 7_240_021
NO_PRIVILEGE = "42501"


def _config(connection: Connection) -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema to a revision; processes that start together wait for one another."""
    with database.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            command.upgrade(_config(connection), revision)
            connection.commit()
        except ProgrammingError as error:
            if getattr(error.orig, "pgcode", None) != NO_PRIVILEGE:
                raise
            raise AppError("migration_needs_owner", 500, params={"reason": first_line(error)}) from error
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()


def downgrade(database: Database, revision: str) -> None:
    with database.engine.connect() as connection:
        command.downgrade(_config(connection), revision)
        connection.commit()


def revisions(database: Database) -> tuple[str | None, str | None]:
    """(revision of the database, newest revision of the code); the first is None before any migration."""
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory(str(ROOT / "db" / "migrations")).get_current_head()


def knows(revision: str) -> bool:
    """Whether this code has the migration: a database of that revision can be brought to the newest one."""
    script = ScriptDirectory(str(ROOT / "db" / "migrations"))
    return revision in {known.revision for known in script.walk_revisions()}
