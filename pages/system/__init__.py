"""What administrators watch."""
