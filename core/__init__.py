"""What every other package may use: settings, clock, errors, logging, language, embedded servers."""
