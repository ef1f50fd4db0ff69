"""Where the core meets Spark: sessions, carrying plans out, and the pip-only data source."""
