"""Publishing a trained version: file first, then everything about it in one transaction."""
