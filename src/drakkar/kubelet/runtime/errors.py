"""What can go wrong in a runtime."""

from __future__ import annotations


class RuntimeFailure(Exception):
    """The runtime could not do what was asked; the message is for the user."""
