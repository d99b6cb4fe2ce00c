"""What will leave the store, when it is empty, and what to order."""
