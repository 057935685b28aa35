"""Where a value is: what it is in, and its key or index there; put into words only where it is told."""

from __future__ import annotations

from typing import Any

Place = tuple[Any, str | int] | None


def place_text(place: Place) -> str:
    """A place as people read it: `spec.items[0].name`."""
    parts: list[str] = []
    while place is not None:
        place, part = place
        if isinstance(part, int):
            parts.append(f"[{part}]")
        else:
            parts.append(part if place is None else f".{part}")
    return "".join(reversed(parts))
