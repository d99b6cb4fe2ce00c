"""Timed and requested work: when it is due, the child process it runs in, and the record it leaves."""
