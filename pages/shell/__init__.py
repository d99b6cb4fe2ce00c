"""What every page shares: guard, sign-in, header, filters, cached reads, live parts, text."""
