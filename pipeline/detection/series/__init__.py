"""Continuous series of any cadence: expected value, band and anomaly score from the past only, one configuration."""
