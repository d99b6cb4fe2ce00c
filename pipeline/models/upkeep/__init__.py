"""Clean-up of model files, measures of them, and what happens when the disk is full."""
