"""The endpoints, one file per topic."""
