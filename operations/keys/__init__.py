"""Keys: which ones seal what, a new one, old ones forgotten (SPEC A9.3)."""
