"""The order in which a stored object is written: first what it is, so that a list can leave that out."""

from __future__ import annotations

from itertools import islice

from drakkar.api.object import Object

_FIRST = ("kind", "apiVersion")


def in_order(obj: Object) -> Object:
    """The object with its kind and version in front, where it has both; it may be the one given."""
    if tuple(islice(obj, 2)) == _FIRST or not all(name in obj for name in _FIRST):
        return obj
    return {**{name: obj[name] for name in _FIRST}, **obj}
