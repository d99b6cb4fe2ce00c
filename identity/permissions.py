"""Which role may do what (SPEC A9.1): the only place that says so."""

READ = frozenset({"overview.read", "alerts.read", "metrics.read"})
TRIAGE = READ | {"alerts.triage"}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    "superadmin": frozenset({"*"}),
    "sistem_yoneticisi": TRIAGE | {"jobs.read", "jobs.run", "data.import", "users.write", "system.read"},
    "admin": TRIAGE | {"jobs.read", "data.import"},
    "veri_bilimci": TRIAGE | {"jobs.read", "jobs.run"},
    "depo_sorumlusu": frozenset({"overview.read", "metrics.read"}),
    "kat_sorumlusu": frozenset(),
}
