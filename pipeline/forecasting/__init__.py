"""Demand and stock become run-out forecasts."""
