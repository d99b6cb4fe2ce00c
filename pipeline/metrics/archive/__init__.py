"""The archive of metric rows past their retention: Parquet files, and reading across the border (SPEC A7.3, A7.4)."""
