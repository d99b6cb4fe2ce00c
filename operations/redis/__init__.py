"""The Redis or Valkey server: looked at, sampled every minute, compared and forecast (SPEC C5)."""
