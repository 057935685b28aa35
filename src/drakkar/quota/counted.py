"""How the number of objects of any sort is called."""

from __future__ import annotations


def count_name(group: str, plural: str) -> str:
    """The name that every sort of objects has; `group` is empty for core."""
    return f"count/{plural}.{group}" if group else f"count/{plural}"
