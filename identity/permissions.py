"""Which role may do what (SPEC A9.1): the only place that says so. ``docs/permissions.md`` is generated from it."""

from core.errors import AppError
from core.scope import Scope

# Every permission that code asks for.
PERMISSIONS = (
    "overview.read", "alerts.read", "alerts.triage", "metrics.read", "models.read", "models.write", "thresholds.write",
    "jobs.read", "jobs.run", "jobs.control", "requests.read", "audit.read", "data.import", "users.write",
    "api_keys.write",
    "audit.verify", "keys.write", "installation.operate", "backups.read", "backups.write", "backups.restore",
    "archive.read", "archive.write",
    "redis.read", "cache.read", "cache.write", "logs.read", "profiler.read", "profiler.run",
    "memory.read",
    "queries.read", "queries.cancel", "queries.keep",
    "config.read", "config.write",
)  # fmt: skip

READ = frozenset({"overview.read", "alerts.read", "metrics.read"})
TRIAGE = READ | {"alerts.triage"}

# The dashboard is for the administrative roles and data scientists; attendants and storekeepers can sign in, and
# every page tells them that it is not for their role.
ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    "superadmin": frozenset({"*"}),
    "sistem_yoneticisi": TRIAGE
    | {
        "jobs.read",
        "jobs.run",
        "jobs.control",
        "data.import",
        "users.write",
        "thresholds.write",
        "models.read",
        "models.write",
        "api_keys.write",
        "requests.read",
        "redis.read",
        "cache.read",
        "cache.write",
        "logs.read",
        "profiler.read",
        "memory.read",
        "profiler.run",
        "queries.read",
        "queries.cancel",
        "queries.keep",
        "config.read",
        "config.write",
        "audit.read",
        "backups.read",
        "backups.write",
        "backups.restore",
        "archive.read",
        "archive.write",
    },
    "admin": TRIAGE
    | {"jobs.read", "data.import", "thresholds.write", "models.read", "requests.read", "audit.read", "archive.read"},
    "veri_bilimci": TRIAGE
    | {"jobs.read", "jobs.run", "thresholds.write", "models.read", "models.write", "archive.read"},
    "depo_sorumlusu": frozenset(),
    "kat_sorumlusu": frozenset(),
}
# What the key of a machine may be given: nothing with which it could outlive its owner's decision to end it.
MACHINE_PERMISSIONS = frozenset[str]().union(*ROLE_PERMISSIONS.values()) - {
    "*", "users.write", "api_keys.write", "backups.restore",
}  # fmt: skip
ADMINISTRATORS = ("superadmin", "sistem_yoneticisi", "admin")  # may be asked for a second factor


def allows(role: str, permission: str) -> bool:
    return bool(ROLE_PERMISSIONS[role] & {permission, "*"})


def is_within(scope: Scope, role: str, hotels: frozenset[int] | None) -> bool:
    """Whether somebody of that role and those hotels (None: all) has nothing that the caller has not."""
    sees_enough = scope.hotels is None or (hotels is not None and hotels <= scope.hotels)
    return sees_enough and all(scope.allows(permission) for permission in ROLE_PERMISSIONS[role])


def require_within(scope: Scope, role: str, hotels: list[int] | None) -> None:
    """Nobody gives away more than they have: neither permissions (``forbidden``) nor hotels (``not_found``)."""
    for permission in sorted(ROLE_PERMISSIONS[role]):
        scope.require(permission)
    if hotels is None and scope.hotels is not None:
        raise AppError("forbidden", 403, params={"permission": "hotels"})
    for hotel_id in hotels or []:
        scope.require_hotel(hotel_id)
