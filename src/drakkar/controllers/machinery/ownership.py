"""Who owns an object: reading and writing owner references, and adopting what a selector matches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from drakkar.api.object import Object, Uid
from drakkar.client import Client, NotFoundError
from drakkar.controllers.machinery.mirror import Mirror, S
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import finalizers_of, labels_of

_NEEDED = ("apiVersion", "kind", "name", "uid")


def owner_references(obj: Object) -> list[Object]:
    """The owners that can be told; see `unknown_owners`."""
    return [one for one in obj["metadata"].get("ownerReferences") or () if all(one.get(f) for f in _NEEDED)]


def unknown_owners(obj: Object) -> bool:
    """Whether an object belongs to something that nobody can tell, as its reference lacks a part."""
    return len(owner_references(obj)) < len(obj["metadata"].get("ownerReferences") or ())


def controller_of(obj: Object) -> Object | None:
    """The owner reference of the object's controller."""
    return next((reference for reference in owner_references(obj) if reference.get("controller")), None)


def controlled_by(obj: Object, uid: Uid) -> bool:
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == uid


def is_deleting(obj: Object) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def owner_reference(owner: Object, block: bool = True) -> Object:
    """A controller reference to `owner`; `block` makes foreground deletion of the owner wait for the object."""
    reference: Object = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    if block:
        reference["blockOwnerDeletion"] = True
    return reference


async def remove_finalizer(client: Client, mirror: Mirror[Any], obj: Object, finalizer: str) -> bool:
    """Take one finalizer off; False when the object was gone before. Conflict when it has changed meanwhile."""
    metadata = obj["metadata"]
    rest = [entry for entry in finalizers_of(obj) if entry != finalizer]
    if rest == finalizers_of(obj):
        return True
    change = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": rest or None}}
    try:
        answer = await client.patch(mirror.resource, metadata["name"], change, metadata.get("namespace"))
    except NotFoundError:
        return False
    mirror.learn(answer)
    return True


async def set_owner_references(
    client: Client, mirror: Mirror[S], obj: Object, references: list[Object]
) -> Seen[S] | None:
    """Write the owner references; None when the object was gone before. Conflict when it has changed meanwhile."""
    metadata = obj["metadata"]
    change = {
        "metadata": {
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
            "ownerReferences": references or None,
        }
    }
    try:
        answer = await client.patch(mirror.resource, metadata["name"], change, metadata.get("namespace"))
    except NotFoundError:
        return None
    mirror.learn(answer)
    return mirror.get(metadata.get("namespace") or "", metadata["name"])


async def claim_dependents(
    client: Client,
    owner: Seen[Any],
    owner_mirror: Mirror[Any],
    dependents: Mirror[S],
    matches: Callable[[dict[str, str]], bool],
    candidates: Iterable[Seen[S]] | None = None,
) -> list[Seen[S]]:
    """What `owner` controls in its namespace, after adopting what its selector matches and nobody controls, and
    releasing what it controls but no longer matches."""
    uid, namespace = owner.uid, owner.key.namespace
    claimed: list[Seen[S]] = []
    may_adopt: bool | None = None
    for obj in list(dependents.in_namespace(namespace) if candidates is None else candidates):
        reference = controller_of(obj.obj)
        matching = matches(labels_of(obj.obj))
        if reference is not None:
            if reference["uid"] != uid:
                continue
            if matching or owner.is_deleting:
                claimed.append(obj)
                continue
            rest = [entry for entry in owner_references(obj.obj) if entry["uid"] != uid]
            await set_owner_references(client, dependents, obj.obj, rest)
            continue
        if not matching or owner.is_deleting or obj.is_deleting:
            continue
        if may_adopt is None:
            # The cached owner may be one that has just been deleted: only the server knows.
            may_adopt = await _still_there(client, owner, owner_mirror)
        if may_adopt:
            references = [*owner_references(obj.obj), owner_reference(owner.obj)]
            adopted = await set_owner_references(client, dependents, obj.obj, references)
            if adopted is not None:
                claimed.append(adopted)
    return claimed


async def _still_there(client: Client, owner: Seen[Any], mirror: Mirror[Any]) -> bool:
    key = owner.key
    try:
        live = await client.get(mirror.resource, key.name, key.namespace or None)
    except NotFoundError:
        return False
    return bool(live["metadata"]["uid"] == owner.uid) and not is_deleting(live)
