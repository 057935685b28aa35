"""SPDY/3.1, as kubectl's port-forward and older clients speak it."""
