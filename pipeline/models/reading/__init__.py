"""Loading a version: its file, else the copy in the database; every attempt recorded."""
