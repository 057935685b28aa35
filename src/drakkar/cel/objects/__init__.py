"""Expressions about plain objects, as the API has them in JSON: with variables of given types, and what they may cost."""
