"""What of claims and of extended resources decides about nodes."""
