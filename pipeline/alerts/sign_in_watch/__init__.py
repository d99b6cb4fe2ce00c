"""Sign-ins that look stolen become alerts."""
