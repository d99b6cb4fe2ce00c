"""Tokens of the API: signed access tokens of ten minutes, refresh tokens that work once (SPEC R3)."""
