"""The metadata that belongs to the server: what a client may say about an object's identity, and what it may not."""

from __future__ import annotations

import datetime
import secrets
import uuid

from drakkar.api.object import Object
from drakkar.api.time import time_text
from drakkar.apiserver.kinds.kind import Kind
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.object_meta import object_meta, object_meta_update

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_MAX_GENERATED = 63
# Taken over from the stored object on every update, whatever the client sends.
_KEPT = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "namespace",
    "name",
    "generateName",
    "selfLink",
)
# Nor does a webhook change this.
_NOT_CHANGED = (*_KEPT, "resourceVersion", "managedFields")


def now() -> str:
    """The time as metadata writes it."""
    return time_text(datetime.datetime.now(datetime.UTC))


def generated_name(prefix: str) -> str:
    """A name that starts with `prefix`."""
    return prefix[: _MAX_GENERATED - 5] + "".join(secrets.choice(_SUFFIX) for _ in range(5))


def fresh(kind: Kind, namespace: str, given: Object) -> Object:
    """The metadata of a new object."""
    meta = {k: v for k, v in given.items() if k not in (*_KEPT, "resourceVersion", "managedFields")}
    for field in ("name", "generateName"):
        if given.get(field):
            meta[field] = given[field]
    if namespace:
        meta["namespace"] = namespace
    meta |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
    if kind.strategy.names_itself and not (meta.get("name") or meta.get("generateName")):
        meta["name"] = str(uuid.uuid4())
    if kind.generation and not kind.strategy.born_uncounted:
        meta["generation"] = 1
    elif given.get("generation"):
        # Nobody counts it for this kind, so that it is what the client says.
        meta["generation"] = given["generation"]
    return meta


def kept(old: Object, given: Object) -> Object:
    """The metadata of an update: the client's, with what belongs to the server put back."""
    meta = {k: v for k, v in given.items() if k not in _KEPT}
    meta |= {k: old[k] for k in _KEPT if k in old}
    meta["resourceVersion"] = old["resourceVersion"]
    return meta


def of_changed(given: Object, before: Object) -> Object:
    """The metadata of an object that a webhook has changed: what is not its own is as it was `before`."""
    meta = {k: v for k, v in given.items() if k not in _NOT_CHANGED}
    return meta | {k: before[k] for k in _NOT_CHANGED if k in before}


def told_with_part(kind: Kind, subresource: str, old: Object, given: Object) -> Object:
    """What a write of the status or another part says of the metadata, where it may; what is stored where it may not."""
    keeps = kind.strategy.status_keeps if subresource == "status" else kind.strategy.parts_keep
    told = {k: v for k, v in given.items() if k not in keeps}
    return told | {k: old[k] for k in keeps if k in old}


def problems(kind: Kind, meta: Object, obj: Object) -> list[FieldError]:
    """What is wrong with the metadata of a new object."""
    found, strategy = Findings(), kind.strategy
    object_meta(found, meta, strategy.metadata_of(obj) if strategy.metadata_of else strategy.metadata)
    return found.listed()


def update_problems(kind: Kind, old: Object, new: Object, subresource: str) -> list[FieldError]:
    """What is wrong with metadata that takes the place of `old`, as far as it was not wrong with that already."""
    found, before = Findings(), Findings()
    rules = kind.strategy.metadata
    if subresource == "status":
        rules = kind.strategy.status_metadata or rules
    object_meta_update(found, new, old, rules)
    wrong = found.listed()
    if wrong:
        object_meta_update(before, old, old, rules)
    known = set(before.listed())
    return [cause for cause in wrong if cause not in known]
