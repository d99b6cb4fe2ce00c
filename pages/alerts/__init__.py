"""The alert board and the detail of one alert."""
