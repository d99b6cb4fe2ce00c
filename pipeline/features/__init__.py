"""Metric rows become features, stored once for training and detection alike."""
