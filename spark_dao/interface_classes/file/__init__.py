"""interface_classes/file."""
