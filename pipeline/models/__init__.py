"""Model files on disk and their metadata."""
