"""The shapes that the API takes and answers with, one file per topic."""
