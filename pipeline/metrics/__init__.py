"""Sources become metric rows: the registry of metric types, and collection."""
