"""Parts of a backup put back without touching the rest: thresholds, verdicts, configuration (SPEC C8)."""
