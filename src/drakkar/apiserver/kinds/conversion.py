"""Turns objects between the version that a client speaks and the one in which they are stored."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind


def stored(kind: Kind, target: Kind, obj: Object) -> Object:
    """The object in the version `target`, in which it is stored; it may share parts with the one given."""
    if kind.converter is not None:
        obj = kind.converter.to_stored({**obj, "kind": target.kind})
    return {**obj, "kind": target.kind, "apiVersion": target.api_version}


def served(kind: Kind, obj: Object) -> Object:
    """The stored object in the client's version; it may share parts with the stored one, which stays as it is."""
    if kind.converter is not None:
        obj = kind.converter.from_stored(obj)
    if obj.get("apiVersion") == kind.api_version:
        return obj
    return {**obj, "apiVersion": kind.api_version}
