"""Volumes, claims of volumes, and who provides them."""
