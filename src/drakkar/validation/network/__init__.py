"""What may come in, and who may speak with whom."""
