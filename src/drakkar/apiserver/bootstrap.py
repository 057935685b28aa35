"""The objects every cluster has from its first second: namespaces, priority classes, RBAC defaults, the kubernetes Service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]

_RBAC = "rbac.authorization.k8s.io"
_DISCOVERY_PATHS = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", "/version", "/version/"]
_HEALTH_PATHS = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_EVERY_VERB = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_READ = ["get", "list", "watch"]


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> Object:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}


def _paths(paths: list[str]) -> Object:
    return {"nonResourceURLs": paths, "verbs": ["get"]}


def _cluster_roles() -> dict[str, list[Object]]:
    workloads = [
        _rule(
            [""],
            ["configmaps", "endpoints", "events", "persistentvolumeclaims", "pods", "services"],
            _EVERY_VERB,
        ),
        _rule(["apps"], ["daemonsets", "deployments", "deployments/scale", "replicasets"], _EVERY_VERB),
        _rule(["apps"], ["statefulsets", "controllerrevisions"], _EVERY_VERB),
        _rule(["batch"], ["cronjobs", "jobs"], _EVERY_VERB),
        _rule(["resource.k8s.io"], ["resourceclaims", "resourceclaimtemplates"], _EVERY_VERB),
        _rule([""], ["pods/log", "pods/status"], ["get"]),
    ]
    streams = _rule([""], ["pods/attach", "pods/exec", "pods/portforward"], ["create", "get"])
    secrets = _rule([""], ["secrets", "serviceaccounts"], _EVERY_VERB)
    reading = [_rule(rule["apiGroups"], rule["resources"], _READ) for rule in workloads]
    reading.append(_rule([""], ["namespaces"], _READ))
    rbac = _rule([_RBAC], ["roles", "rolebindings"], _EVERY_VERB)
    return {
        "cluster-admin": [_rule(["*"], ["*"], ["*"]), {"nonResourceURLs": ["*"], "verbs": ["*"]}],
        "admin": [*workloads, streams, secrets, rbac, _rule([""], ["namespaces"], _READ)],
        "edit": [*workloads, streams, secrets, _rule([""], ["namespaces"], _READ)],
        "view": reading,
        # What a driver beside a kubelet needs; one in a pod brings a role of its own.
        "drakkar:driver": [
            _rule(["resource.k8s.io"], ["resourceclaims"], ["get"]),
            _rule(["resource.k8s.io"], ["resourceslices"], _EVERY_VERB),
            _rule([""], ["nodes"], ["get"]),
        ],
        # What simulated nodes need, all from one process.
        "drakkar:simulated": [
            _rule([""], ["nodes"], ["create", "delete", "get", "list", "patch", "watch"]),
            _rule([""], ["nodes/status", "pods/status"], ["patch"]),
            _rule([""], ["pods"], ["delete", "get", "list", "watch"]),
            _rule([""], ["events"], ["create", "patch"]),
            _rule(["coordination.k8s.io"], ["leases"], ["create", "patch"]),
            _rule(["resource.k8s.io"], ["resourceclaims"], ["get"]),
            _rule(["resource.k8s.io"], ["resourceslices"], _EVERY_VERB),
        ],
        # What serves the node ports of services needs.
        "system:node-proxier": [
            _rule([""], ["endpoints", "services"], ["list", "watch"]),
            _rule([""], ["nodes"], _READ),
            _rule(["", "events.k8s.io"], ["events"], ["create", "patch", "update"]),
            _rule(["discovery.k8s.io"], ["endpointslices"], ["list", "watch"]),
            _rule(["networking.k8s.io"], ["servicecidrs"], ["list", "watch"]),
        ],
        "system:discovery": [_paths([*_HEALTH_PATHS, *_DISCOVERY_PATHS])],
        "system:public-info-viewer": [_paths(_HEALTH_PATHS)],
        "system:basic-user": [
            _rule(
                ["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]
            ),
            _rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
        ],
    }


_GROUPS = {
    "drakkar:driver": ("drakkar:driver", ["drakkar:drivers"]),
    "drakkar:simulated": ("drakkar:simulated", ["drakkar:simulated"]),
    "cluster-admin": ("cluster-admin", ["system:masters"]),
    "system:discovery": ("system:discovery", ["system:authenticated"]),
    "system:basic-user": ("system:basic-user", ["system:authenticated"]),
    "system:public-info-viewer": (
        "system:public-info-viewer",
        ["system:authenticated", "system:unauthenticated"],
    ),
}
# By the name of a binding: its role, and the users who have it.
_USERS = {"system:node-proxier": ("system:node-proxier", ["system:kube-proxy"])}


def roles_of_the_parts() -> Iterator[Object]:
    """What drivers and simulated nodes may do; all other parts have roles on every API server."""
    return (role for role in _roles() if role["metadata"]["name"].startswith("drakkar:"))


def _roles() -> Iterator[Object]:
    defaults = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    for name, rules in _cluster_roles().items():
        yield {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name, "labels": dict(defaults)},
            "rules": rules,
        }
    for kind, bindings in (("Group", _GROUPS), ("User", _USERS)):
        for name, (role, subjects) in bindings.items():
            yield {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": name, "labels": dict(defaults)},
                "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
                "subjects": [{"apiGroup": _RBAC, "kind": kind, "name": subject} for subject in subjects],
            }


def objects(service_ip: str, port: int) -> Iterator[Object]:
    """Every bootstrap object, in an order in which each can be created.

    `service_ip` is the cluster IP of default/kubernetes and `port` the port the server listens on.
    """
    for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    for name, value, text in (
        (
            "system-cluster-critical",
            2000000000,
            "Used for system critical pods that must run in the cluster.",
        ),
        ("system-node-critical", 2000001000, "Used for system critical pods that must not leave their node."),
    ):
        yield {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name},
            "value": value,
            "globalDefault": False,
            "description": text,
            "preemptionPolicy": "PreemptLowerPriority",
        }
    yield from _roles()
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": service_ip,
            "clusterIPs": [service_ip],
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
        },
    }
