"""Settings: where each comes from, which may be changed while everything runs, and their versions (C9)."""
