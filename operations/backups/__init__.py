"""Backups: one sealed archive of the database, the model files and the keys; proven by restoring it (SPEC C8)."""
