"""What a definition of a custom kind must look like."""
