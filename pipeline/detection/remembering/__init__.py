"""Consumption judged from remembered days: where the memory is kept, and whether it still holds."""
