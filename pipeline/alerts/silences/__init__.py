"""Silences: alerts that are known and not to be shown for a time (A5.8)."""
