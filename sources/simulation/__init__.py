"""The sample hotel: what a hotel with minibars records, day by day, simulated from documented parameters."""
