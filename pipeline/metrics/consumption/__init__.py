"""tuketim_miktar: what was consumed in a room between two looks into its minibar."""
