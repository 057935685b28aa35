"""How heavy it is to list a resource: work on much is done beside the loop."""

from __future__ import annotations

from typing import Final

from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.store import Store

# Of each object: a thousand of them are work for a while.
_OBJECT: Final = 16
# So many bytes that are only encoded are as much work as one of a request,
_COPIED: Final = 32
# and so many that are turned into another version, or held to a schema, before.
_CONVERTED: Final = 2


def list_weight(store: Store, kind: Kind, effort: int) -> int:
    """The weight of a list of all objects, as `beside.call` takes it; `effort` is that of the selector, for one object."""
    count, size = store.extent(kind.resource)
    plain = kind.form is None and kind.converter is None
    return count * (_OBJECT + effort) + size // (_COPIED if plain else _CONVERTED)
