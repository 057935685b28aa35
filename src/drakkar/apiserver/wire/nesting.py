"""How deep values may be nested, and of how many parts they may be: whatever is stored must also be read, copied,
patched and answered."""

from __future__ import annotations

from typing import Any

DEEPEST = 200
# Lists and objects in one request: an object of the largest size that can be stored has far fewer.
MOST = 100_000


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


def too_many(value: Any, most: int = MOST) -> bool:
    """Whether a value holds more lists and objects than allowed."""
    waiting = [value]
    while waiting:
        entry = waiting.pop()
        most -= 1
        if most < 0:
            return True
        if isinstance(entry, dict):
            waiting += [one for one in entry.values() if isinstance(one, dict | list)]
        elif isinstance(entry, list):
            if len(entry) > most and all(isinstance(one, dict | list) for one in entry):
                return True
            waiting += [one for one in entry if isinstance(one, dict | list)]
    return False


def may_be_many(text: bytes) -> bool:
    """Whether a JSON text has brackets enough for too many lists and objects."""
    return text.count(b"{") + text.count(b"[") > MOST


def may_be_deep(text: bytes) -> bool:
    """Whether a JSON text has brackets enough to be nested too deep."""
    return text.count(b"{") + text.count(b"[") > DEEPEST
