"""The APIServices of the group versions that are served, with the priorities that they have upstream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from drakkar.api.object import Object
from drakkar.apiserver.kinds.registry import Registry

API_VERSION, KIND = "apiregistration.k8s.io/v1", "APIService"
# Says whose an APIService is: `onstart` of one that is looked after when a server starts, `true` of one that goes with a
# definition.
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
_CUSTOM_GROUP, _CUSTOM_VERSION = 1000, 100


def objects(kinds: Registry) -> Iterator[Object]:
    """One for each group version of the registry that has a priority; the group of APIServices has none itself."""
    for group, versions in kinds.groups().items():
        if group and group not in _GROUPS:
            continue
        for version in versions:
            of_version = _VERSIONS.get((group, version), _ANY_VERSION)
            yield _service(group, version, _GROUPS.get(group, _CORE), of_version, "onstart")


def custom(served: Iterable[tuple[str, str]]) -> Iterator[Object]:
    """One for each group and version of custom kinds, in their order; built-in groups have theirs."""
    for group, version in sorted(served):
        if group not in _GROUPS:
            yield _service(group, version, _CUSTOM_GROUP, _CUSTOM_VERSION, "true")


def is_of_custom_kinds(held: Object) -> bool:
    """Whether a stored one goes when no definition brings its version any more."""
    return (held["metadata"].get("labels") or {}).get(AUTOMANAGED) == "true"


def _service(group: str, version: str, of_group: int, of_version: int, managed: str) -> Object:
    spec = {
        **({"group": group} if group else {}),
        "version": version,
        "groupPriorityMinimum": of_group,
        "versionPriority": of_version,
    }
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": f"{version}.{group}", "labels": {AUTOMANAGED: managed}},
        "spec": spec,
    }
