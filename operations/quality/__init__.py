"""How good the data and the alerts of a hotel are: the quality figures of SPEC P9."""
