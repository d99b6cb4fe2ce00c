"""The archive of metric rows: what leaves, what is brought back, and whether all of it is as it was written (A7)."""
