"""Reads of the JSON API kept in Redis: fresh by data version, filled once, never waited for long (SPEC C1, C14, R2)."""
