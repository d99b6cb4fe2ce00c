"""Exploration: what was consumed where and when, and room by room."""
