"""Requests of the API and runs of pages: measured in every process, added up in the database (SPEC C3)."""
