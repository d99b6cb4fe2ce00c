"""One module for each metric type; each defines ``METRIC``."""
