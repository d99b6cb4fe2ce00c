"""Which features a model in use goes by."""
