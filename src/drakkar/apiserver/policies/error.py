"""What goes wrong with policies themselves."""

from __future__ import annotations


class ConfigurationError(Exception):
    """A policy or a binding cannot be put to work as it stands; its failure policy says what becomes of the request."""


class TooHeavyError(Exception):
    """The policies cost more than what may be done where others wait: it is to be done again, beside the event loop."""
