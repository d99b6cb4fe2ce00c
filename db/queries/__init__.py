"""All SQL, one module a topic; functions take a Connection first and never commit."""
