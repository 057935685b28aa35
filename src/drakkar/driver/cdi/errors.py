"""What can be wrong with a CDI spec or a device's id."""

from __future__ import annotations


class CdiError(ValueError):
    """A spec, an edit or a device id that is not as CDI wants it, or a device that no spec defines."""
