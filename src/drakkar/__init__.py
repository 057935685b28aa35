"""Kubernetes Dynamic Resource Allocation, end to end, in Python."""

__version__ = "0.1.0.dev0"
