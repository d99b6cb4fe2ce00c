"""How good detection is, measured on planted anomalies that detection never sees."""
