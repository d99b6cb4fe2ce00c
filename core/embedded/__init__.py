"""PostgreSQL and Valkey from Python packages, run by Barometer itself under the data folder."""
