"""interface_classes."""
