"""The APIServices of the group versions that the server serves itself, with the priorities that they have upstream."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.kinds.registry import Registry

# Says whose an APIService is: `onstart` of one that is looked after when a server starts.
AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged"
_CORE = 18000
# By group, the first goes first.
_GROUPS = {
    "apps": 17800,
    "events.k8s.io": 17750,
    "authentication.k8s.io": 17700,
    "authorization.k8s.io": 17600,
    "autoscaling": 17500,
    "batch": 17400,
    "certificates.k8s.io": 17300,
    "networking.k8s.io": 17200,
    "policy": 17100,
    "rbac.authorization.k8s.io": 17000,
    "storage.k8s.io": 16800,
    "admissionregistration.k8s.io": 16700,
    "apiextensions.k8s.io": 16700,
    "scheduling.k8s.io": 16600,
    "coordination.k8s.io": 16500,
    "node.k8s.io": 16300,
    "discovery.k8s.io": 16200,
    "resource.k8s.io": 16200,
    "flowcontrol.apiserver.k8s.io": 16100,
    "storagemigration.k8s.io": 15800,
}
_VERSIONS = {
    ("", "v1"): 1,
    ("autoscaling", "v2"): 30,
    ("flowcontrol.apiserver.k8s.io", "v1"): 21,
    ("resource.k8s.io", "v1"): 21,
    ("resource.k8s.io", "v1beta1"): 9,
}
_ANY_VERSION = 15


def objects(kinds: Registry) -> Iterator[Object]:
    """One for each group version of the registry that has a priority; the group of APIServices has none itself."""
    for group, versions in kinds.groups().items():
        if group and group not in _GROUPS:
            continue
        for version in versions:
            spec = {
                **({"group": group} if group else {}),
                "version": version,
                "groupPriorityMinimum": _GROUPS.get(group, _CORE),
                "versionPriority": _VERSIONS.get((group, version), _ANY_VERSION),
            }
            yield {
                "apiVersion": "apiregistration.k8s.io/v1",
                "kind": "APIService",
                "metadata": {"name": f"{version}.{group}", "labels": {AUTOMANAGED: "onstart"}},
                "spec": spec,
            }
