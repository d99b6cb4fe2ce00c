"""What every collector shares: which time was observed, and writing rows."""
