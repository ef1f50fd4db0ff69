"""interface_classes/redshift."""
