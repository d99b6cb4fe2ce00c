"""What verdicts change: situations that stay silent, thresholds of segments, rows left out of fits (SPEC A6.3)."""
