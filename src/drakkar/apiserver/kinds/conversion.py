"""Turns objects between the version that a client speaks and the one in which they are stored."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind


def stored(kind: Kind, target: Kind, obj: Object) -> Object:
    """The object in the version `target`, in which it is stored; it may share parts with the one given.

    Custom kinds are written and looked at in the version of the request; see `kept` and `read`.
    """
    if kind.form is not None:
        return {**obj, "kind": kind.kind, "apiVersion": kind.api_version}
    if kind.converter is not None:
        obj = kind.converter.to_stored({**obj, "kind": target.kind})
    return {**obj, "kind": target.kind, "apiVersion": target.api_version}


def served(kind: Kind, obj: Object) -> Object:
    """The stored object in the client's version; it may share parts with the stored one, which stays as it is."""
    if kind.form is not None:
        return obj if obj.get("apiVersion") == kind.api_version else {**obj, "apiVersion": kind.api_version}
    if kind.converter is not None:
        obj = kind.converter.from_stored(obj)
    if obj.get("apiVersion") == kind.api_version and obj.get("kind") == kind.kind:
        return obj
    # In front, as stored objects have it.
    said = {"kind": kind.kind, "apiVersion": kind.api_version}
    return {**said, **obj, **said}


def all_served(kind: Kind, target: Kind, objects: Sequence[Object]) -> list[Object]:
    """The same for many, which may need to be `read` first; `target` is the kind in whose form they are stored."""
    if kind.form is not None or kind.converter is not None:
        return [served(kind, read(kind, target, obj)) for obj in objects]
    name, version = kind.kind, kind.api_version
    return [
        obj if obj.get("apiVersion") == version and obj.get("kind") == name else served(kind, obj)
        for obj in objects
    ]


def read(kind: Kind, target: Kind, obj: Object) -> Object:
    """A stored object as writes of the kind look at it: for custom kinds in the version of the request, with the defaults
    that have come since it was stored. What a webhook converts has been in that version before."""
    if kind.form is None or target.form is None:
        return obj
    if target.version == kind.version:
        return target.form.read(obj)
    found = target.form.read(obj) if kind.webhook is None else obj
    return {**kind.form.served(found), "apiVersion": kind.api_version}


def kept(kind: Kind, target: Kind, obj: Object) -> Object:
    """An object as it has come through the rules, as it is stored; a webhook has made it one of that version."""
    if target.form is None or target.version == kind.version:
        return obj
    return target.form.stored({**obj, "apiVersion": target.api_version})
