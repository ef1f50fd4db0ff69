"""What gold costs: writes, reads and upserts of a warehouse against those who also do it, on one local warehouse."""
