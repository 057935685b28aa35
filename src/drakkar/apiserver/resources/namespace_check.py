"""Whether there may be new objects in a namespace: it must be there, and not be going."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.store import Store


def check_namespace(store: Store, kind: Kind, namespace: str, meta: Object) -> None:
    """StatusError 404 or 403 where an object with this metadata cannot be made there."""
    if not kind.namespaced:
        return
    home = store.get(("/namespaces", "", namespace))
    if home is None:
        raise errors.not_found("", "namespaces", namespace)
    if "deletionTimestamp" in home["metadata"]:
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        failure = errors.forbidden(kind.group, kind.plural, meta.get("name", ""), why)
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
        failure.status["details"]["causes"] = [cause]
        raise failure
