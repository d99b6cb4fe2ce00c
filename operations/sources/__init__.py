"""The records a hotel sends: how complete they are, and what cannot be known because of what is missing."""
