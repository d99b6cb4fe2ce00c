"""Alerts about the machinery itself: model files that cannot be used, a full disk (SPEC B3, B9)."""
