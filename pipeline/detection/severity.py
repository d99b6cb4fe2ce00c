"""Severity by size of deviation (SPEC A1.5)."""

SEVERITY_STEPS = ((0.80, "kritik"), (0.50, "yuksek"), (0.30, "orta"))


def severity_of(deviation_ratio: float) -> str:
    """``dusuk`` under 30 % of deviation, ``orta`` from 30, ``yuksek`` from 50, ``kritik`` from 80."""
    size = abs(deviation_ratio)
    return next((name for step, name in SEVERITY_STEPS if size >= step), "dusuk")
