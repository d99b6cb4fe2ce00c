"""What the server lacks for a part of the console, and what turns it on (C2)."""

from dataclasses import dataclass

from db.queries.plans import TrialStanding
from db.queries.statements import EXTENSION, Standing

TURN_ON = {  # the statements, in their order, by what is missing
    "not_loaded": ("ALTER SYSTEM SET shared_preload_libraries = {preloaded};",),
    "absent": ("CREATE EXTENSION pg_stat_statements;",),
    "hidden": ("GRANT pg_read_all_stats TO {role};",),
}


@dataclass(frozen=True)
class Missing:
    """Why the statistics cannot be read, and the statements that turn them on, as an administrator of the server."""

    reason: str
    statements: tuple[str, ...]


def missing_of(standing: Standing) -> Missing | None:
    """The first thing that stands between us and the statistics, with everything that it takes from there on."""
    libraries = [one.strip() for one in (standing.preloaded or "").split(",") if one.strip()]
    values = {
        "preloaded": ", ".join(f"'{one}'" for one in [*libraries, EXTENSION]),
        "role": standing.role,
    }
    wanted = [
        reason
        for reason, is_missing in (
            ("not_loaded", not standing.is_loaded), ("absent", standing.schema is None),
            ("hidden", not standing.sees_all),
        )
        if is_missing
    ]  # fmt: skip
    told = tuple(statement.format(**values) for reason in wanted for statement in TURN_ON[reason])
    return Missing(wanted[0], told) if wanted else None


def missing_for_trials(standing: TrialStanding) -> Missing | None:
    """Why no index can be tried without making it; None where it can."""
    if standing.schema is not None:
        return None
    reason = "hypopg_absent" if standing.is_available else "hypopg_unavailable"
    return Missing(reason, ("CREATE EXTENSION hypopg;",))
