"""The older system: views that present its tables as our sources, and the copy through them."""
