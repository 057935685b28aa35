"""What goes wrong with policies themselves."""

from __future__ import annotations


class ConfigurationError(Exception):
    """A policy or a binding cannot be put to work as it stands; its failure policy says what becomes of the request."""
