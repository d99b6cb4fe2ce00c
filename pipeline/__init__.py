"""Sources → metrics → features → models → anomalies → alerts: one folder a stage."""
