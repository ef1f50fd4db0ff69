"""interface_classes/s3."""
