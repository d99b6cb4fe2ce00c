"""Model files as administrators see them (SPEC B3, C6)."""
