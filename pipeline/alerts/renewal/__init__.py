"""A metric type whose quality fell: new features, selection, training; the old model stays if not better (P11)."""
