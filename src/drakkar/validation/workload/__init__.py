"""What makes pods from a template, and what is written of them."""
