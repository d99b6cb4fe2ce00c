"""Features become models: split, fit, evaluate, choose."""
