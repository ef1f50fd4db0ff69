"""data_object."""
