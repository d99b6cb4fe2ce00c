"""How good the alerts are, measured each night from verdicts and labelled anomalies, and kept (SPEC A6.4)."""
