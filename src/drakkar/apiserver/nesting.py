"""How deep values may be nested: whatever is stored must also be read, copied, patched and answered."""

from __future__ import annotations

from typing import Any

DEEPEST = 200


def too_deep(value: Any, deepest: int = DEEPEST) -> bool:
    """Whether lists and objects are nested deeper than allowed; looks at each of them once."""
    level = [value]
    for _ in range(deepest + 1):
        below: list[Any] = []
        for entry in level:
            if isinstance(entry, dict):
                below += [one for one in entry.values() if isinstance(one, dict | list)]
            elif isinstance(entry, list):
                below += [one for one in entry if isinstance(one, dict | list)]
        if not below:
            return False
        level = below
    return True


def may_be_deep(text: bytes) -> bool:
    """Whether a JSON text has brackets enough to be nested too deep."""
    return text.count(b"{") + text.count(b"[") > DEEPEST
