"""Structural schemas: what the definition of a custom kind says of its objects, and what is done to objects by it."""
