"""Which role may do what (SPEC A9.1): the only place that says so."""

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
        "data.import",
        "users.write",
        "thresholds.write",
        "models.read",
        "models.write",
        "api_keys.write",
        "requests.read",
        "audit.read",
    },
    "admin": TRIAGE | {"jobs.read", "data.import", "thresholds.write", "models.read", "requests.read", "audit.read"},
    "veri_bilimci": TRIAGE | {"jobs.read", "jobs.run", "thresholds.write", "models.read", "models.write"},
    "depo_sorumlusu": frozenset(),
    "kat_sorumlusu": frozenset(),
}
# What the key of a machine may be given: nothing with which it could outlive its owner's decision to end it.
MACHINE_PERMISSIONS = frozenset[str]().union(*ROLE_PERMISSIONS.values()) - {"*", "users.write", "api_keys.write"}
