"""How good the models are, how they came to be, and what they were asked."""
