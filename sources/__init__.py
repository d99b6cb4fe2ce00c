"""Where the data come from: imported files, the older system, the sample hotel."""
