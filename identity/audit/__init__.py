"""The audit log: what was done, looked through and proven to be complete."""
