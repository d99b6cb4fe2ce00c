"""Users, roles, sessions, audit: who may do what."""
