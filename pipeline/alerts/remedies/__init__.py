"""What ended incidents by itself, and how long it took."""
