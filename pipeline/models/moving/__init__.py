"""Models from the database to files, and back (SPEC B5, B10)."""
