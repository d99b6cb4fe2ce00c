"""What people read besides the screens: figures, the overview, later PDF and Excel."""
