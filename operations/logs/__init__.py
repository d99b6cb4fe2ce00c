"""Logs: the JSON lines of every process, read backwards in bounded time (SPEC C7)."""
