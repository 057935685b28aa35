"""The error that every kind of patch raises."""

from __future__ import annotations


class PatchError(Exception):
    """A patch that cannot be applied; `invalid` tells a well-formed one (422) from a malformed one (400)."""

    def __init__(self, message: str, *, invalid: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.invalid = invalid
