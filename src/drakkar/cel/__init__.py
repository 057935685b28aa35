"""Device selectors: CEL expressions parsed, checked and compiled to Python."""
