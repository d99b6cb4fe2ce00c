"""Thresholds: versioned settings, replay of past decisions under other settings, automatic search (SPEC A2.5, A6.5)."""
