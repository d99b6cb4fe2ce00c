"""Anomalies become incidents that people triage."""
