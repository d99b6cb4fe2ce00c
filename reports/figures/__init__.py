"""Figures of screens and reports: functions from a frame and labels to a plotly figure, and their one template."""
