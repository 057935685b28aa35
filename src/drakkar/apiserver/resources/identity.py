"""Whether a write is about the object that it names: its name, namespace, uid and version."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.write import Write

STALE = "the object has been modified; please apply your changes to the latest version and try again"


def check(write: Write, old: Object, meta: Object) -> None:
    """Whether the metadata that was sent may be that of `old`; StatusError 400 or 409 where it is not."""
    kind = write.kind
    check_name(write.name, meta)
    if meta.get("namespace", write.namespace) != write.namespace:
        raise errors.other_namespace()
    current = old["metadata"]
    if (meta.get("resourceVersion") or current["resourceVersion"]) != current["resourceVersion"]:
        raise errors.conflict(kind.group, kind.plural, write.name, STALE)
    # For a patch, the id is a field like others, which does not change.
    if write.options.patch is None:
        check_uid(kind, old, meta)


def check_name(name: str, given: Object) -> None:
    """StatusError 400 for another name than that on the URL."""
    if given.get("name", name) != name:
        raise errors.bad_request(
            f"the name of the object ({given['name']}) does not match the name on the URL ({name})"
        )


def check_uid(kind: Kind, old: Object, given: Object) -> None:
    """StatusError 409 for another object of the same name."""
    there = old["metadata"]
    if given.get("uid", there["uid"]) != there["uid"]:
        why = f"Precondition failed: UID in precondition: {given['uid']}, UID in object meta: {there['uid']}"
        raise errors.conflict(kind.group, kind.plural, there["name"], why)
