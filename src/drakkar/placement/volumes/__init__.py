"""What of a pod's volumes decides about nodes."""
