"""Everybody's own account, and the page where a password is chosen."""
