"""data_store."""
