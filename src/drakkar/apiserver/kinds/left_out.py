"""What a client left out. An empty text that says no more than none is not there any more."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object


def fill_in(obj: Object, **values: Any) -> None:
    """Give an object these values, in place, where it has none."""
    for field, value in values.items():
        if obj.get(field) is None:
            obj[field] = value
