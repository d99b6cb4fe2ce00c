"""Metric rows and models become scores and anomalies."""
