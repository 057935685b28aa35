"""Integers of the API's two widths, as they stand in JSON, which may hold larger ones that no field takes, and in text."""

from __future__ import annotations

from typing import Annotated

import msgspec

from drakkar.api.go_numbers import GoNumberError, integer

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


def int64_of(text: str) -> int | None:
    """The integer of 64 bits that Go reads from a label or from what it is compared with: no blanks, no underscores; None
    for a text that is none.
    """
    try:
        return integer(text)
    except GoNumberError:
        return None
