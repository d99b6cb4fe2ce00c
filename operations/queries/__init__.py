"""Statements of the database: how long they take, what runs now, how one would be executed (C2)."""
