"""Metric types with one row an entity and closed hotel-local day."""
