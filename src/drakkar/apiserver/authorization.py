"""May this user do this: masters may everything, nodes what a kubelet needs, everybody else what RBAC grants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from drakkar.apiserver.authentication import User
from drakkar.apiserver.rbac import Attributes, Rbac, rule_allows

Object = dict[str, Any]

_MASTERS = "system:masters"
_NODES = "system:nodes"
_NODE_PREFIX = "system:node:"
_READ = ("get", "list", "watch")


def _rule(group: str, resources: Iterable[str], verbs: Iterable[str]) -> Object:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


# What a kubelet asks for without naming an object that belongs to one pod or node alone.
_NODE_RULES = [
    _rule("", ["nodes", "services"], _READ),
    _rule("", ["nodes"], ["create"]),
    _rule("", ["pods"], ["list", "watch"]),
    _rule("", ["events"], ["create", "patch", "update"]),
    _rule("events.k8s.io", ["events"], ["create", "patch", "update"]),
    _rule("coordination.k8s.io", ["leases"], ["create"]),
    _rule("storage.k8s.io", ["csidrivers"], _READ),
    _rule("storage.k8s.io", ["csinodes"], ["create"]),
    _rule("node.k8s.io", ["runtimeclasses"], _READ),
    _rule("certificates.k8s.io", ["podcertificaterequests"], _READ),
    _rule("resource.k8s.io", ["resourceslices"], ["list", "watch", "deletecollection"]),
    _rule("authentication.k8s.io", ["tokenreviews"], ["create"]),
    _rule("authorization.k8s.io", ["subjectaccessreviews", "localsubjectaccessreviews"], ["create"]),
]
# What it may do to the objects that carry its own name.
_OWN = {
    ("", "nodes"): ("patch", "update"),
    ("coordination.k8s.io", "leases"): ("get", "patch", "update", "delete"),
    ("storage.k8s.io", "csinodes"): ("get", "patch", "update", "delete"),
}
# What it may do to an object only because a pod that is bound to it uses the object.
_RELATED = {
    ("", "pods", ""): ("get", "delete", "patch", "update"),
    ("", "pods", "status"): ("get", "patch", "update"),
    ("", "configmaps", ""): _READ,
    ("", "secrets", ""): _READ,
    ("", "serviceaccounts", ""): ("get",),
    ("", "serviceaccounts", "token"): ("create",),
    ("resource.k8s.io", "resourceclaims", ""): ("get",),
}


def used_by(pod: Object, group: str, resource: str, name: str) -> bool:
    """Whether a pod names the object: itself, its claims, its account, what its volumes and environment read."""
    spec: Object = pod.get("spec") or {}
    if (group, resource) == ("", "pods"):
        return bool(pod["metadata"]["name"] == name)
    if resource == "serviceaccounts":
        return bool(spec.get("serviceAccountName", "default") == name)
    if resource == "resourceclaims":
        status: Object = pod.get("status") or {}
        named = [entry.get("resourceClaimName") for entry in spec.get("resourceClaims") or ()]
        named += [entry.get("resourceClaimName") for entry in status.get("resourceClaimStatuses") or ()]
        named.append((status.get("extendedResourceClaimStatus") or {}).get("resourceClaimName"))
        return name in named
    return name in _read_objects(spec, resource)


def _read_objects(spec: Object, resource: str) -> set[str]:
    single, reference, key = (
        ("configMap", "configMapRef", "configMapKeyRef")
        if resource == "configmaps"
        else ("secret", "secretRef", "secretKeyRef")
    )
    found: set[str] = set()
    for volume in spec.get("volumes") or ():
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            inner = source.get(single)
            if inner:
                found.add(inner.get("name") or inner.get("secretName") or "")
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    for container in containers:
        for entry in container.get("envFrom") or ():
            found.add((entry.get(reference) or {}).get("name", ""))
        for entry in container.get("env") or ():
            found.add(((entry.get("valueFrom") or {}).get(key) or {}).get("name", ""))
    if resource == "secrets":
        found.update(entry.get("name", "") for entry in spec.get("imagePullSecrets") or ())
    found.discard("")
    return found


class Authorizer:
    """Answers for every user. `bound(node, namespace)` gives the pods of a namespace that are bound to a node."""

    def __init__(self, rbac: Rbac, bound: Callable[[str, str], Iterable[Object]]) -> None:
        self._rbac = rbac
        self._bound = bound

    def allows(self, user: User, asked: Attributes) -> bool:
        if _MASTERS in user.groups:
            return True
        is_node = _NODES in user.groups and user.name.startswith(_NODE_PREFIX)
        if is_node and not asked.path and self._node_allows(user.name.removeprefix(_NODE_PREFIX), asked):
            return True
        return self._rbac.allows(user.name, user.groups, asked)

    def _node_allows(self, node: str, asked: Attributes) -> bool:
        if any(rule_allows(rule, asked) for rule in _NODE_RULES):
            return True
        if asked.name == node and asked.verb in _OWN.get((asked.group, asked.resource), ()):
            return True
        verbs = _RELATED.get((asked.group, asked.resource, asked.subresource), ())
        if asked.verb not in verbs or not asked.name:
            return False
        return any(
            used_by(pod, asked.group, asked.resource, asked.name)
            for pod in self._bound(node, asked.namespace)
        )
