"""Alerts about the audit log: somebody changed what was written (SPEC C13)."""
