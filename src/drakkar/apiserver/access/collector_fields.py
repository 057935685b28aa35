"""What a garbage collector must be able to change of any object, whatever else its writer may not."""

from __future__ import annotations

from drakkar.api.object import Object

_FIELDS = ("ownerReferences", "finalizers", "managedFields", "resourceVersion")


def only_these_change(old: Object, new: Object) -> bool:
    """Whether a write changes nothing beside them."""
    return _without(old) == _without(new)


def _without(obj: Object) -> Object:
    meta = {key: value for key, value in obj["metadata"].items() if key not in _FIELDS}
    return {**obj, "metadata": meta}
