"""Screens: thin, by audience; door 1 of the house."""
