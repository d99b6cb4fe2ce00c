"""Import of files: declared fields, vectorised checks, errors by row and field, idempotent writes."""
