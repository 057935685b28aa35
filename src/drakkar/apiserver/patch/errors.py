"""Why a patch of whatever kind cannot be applied: all of it is a PatchError."""

from __future__ import annotations


class PatchError(Exception):
    """A patch that cannot be applied; `invalid` tells a well-formed one (422) from a malformed one (400)."""

    def __init__(self, message: str, *, invalid: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.invalid = invalid


class TooManyOperationsError(PatchError):
    """The patch is longer than one request may be."""

    def __init__(self, given: int, most: int) -> None:
        super().__init__(
            f"The allowed maximum operations in a JSON patch is {most}, got {given}", invalid=False
        )


class TestFailedError(PatchError):
    """What was to be there is something else."""

    # It is no test of ours, whatever it is called.
    __test__ = False
