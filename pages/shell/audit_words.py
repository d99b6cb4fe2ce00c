"""Codes of the audit log in words. What an older or newer version wrote is shown as it is."""

from core.i18n import Translator
from identity.audit.service import AuditRow
from pages.shell.filters import ALL
from pages.shell.sentences import actor


def known(t: Translator, key: str, code: str) -> str:
    said = t(key)
    return code if said == key else said


def action_word(t: Translator, code: str) -> str:
    return t("shell.all") if code == ALL else known(t, f"audit.action_{code}", code)


def actor_word(t: Translator, name: str) -> str:
    if name == ALL:
        return t("shell.all")
    return t("audit.stranger") if name == "anonymous" else actor(t, name)


def role_word(t: Translator, role: str | None) -> str:
    """A command's role names what it stands for: ``command_line:users.write``."""
    code, _, permission = (role or "").partition(":")
    said = known(t, f"role.{code}", code) if code else ""
    return f"{said} ({permission})" if permission else said


def entity_word(t: Translator, row: AuditRow) -> str:
    """What it was done to: a job by its name, anything else as it is written."""
    entity = row.entity or ""
    return known(t, f"job.{entity}", entity) if row.action.startswith("job_") else entity
