"""Fills what a client left out, kind by kind, before an object is looked at or stored."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from drakkar.apiserver.kinds import defaults_devices, defaults_pods, defaults_workloads

Object = dict[str, Any]
_RBAC = "rbac.authorization.k8s.io"


def _namespace(obj: Object) -> None:
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")
    obj.setdefault("status", {}).setdefault("phase", "Active")


def _service(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        client = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        client.setdefault("timeoutSeconds", 10800)
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    obj.setdefault("status", {}).setdefault("loadBalancer", {})


def _secret(obj: Object) -> None:
    obj.setdefault("type", "Opaque")
    for key, text in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(text.encode()).decode()


def _volume_claim(obj: Object) -> None:
    obj.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def _volume(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("volumeMode", "Filesystem")
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def _endpoints(obj: Object) -> None:
    for subset in obj.get("subsets") or ():
        for port in subset.get("ports") or ():
            port.setdefault("protocol", "TCP")


def _endpoint_slice(obj: Object) -> None:
    for port in obj.get("ports") or ():
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")


def _binding(obj: Object) -> None:
    named = [obj.get("roleRef") or {}]
    named += [one for one in obj.get("subjects") or () if one.get("kind") in ("User", "Group")]
    for one in named:
        one["apiGroup"] = one.get("apiGroup") or _RBAC


def _priority_class(obj: Object) -> None:
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")
    obj.setdefault("value", 0)
    # False is written by leaving the field out, as the original does; kubectl apply tells the difference.
    if not obj.get("globalDefault"):
        obj.pop("globalDefault", None)


def _storage_class(obj: Object) -> None:
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def _limit_range(obj: Object) -> None:
    for limit in (obj.get("spec") or {}).get("limits") or ():
        for name, value in (limit.get("max") or {}).items():
            if limit.get("type") == "Container":
                limit.setdefault("default", {}).setdefault(name, value)
        for source in ("default", "min"):
            for name, value in (limit.get(source) or {}).items():
                if limit.get("type") == "Container":
                    limit.setdefault("defaultRequest", {}).setdefault(name, value)


def _node(obj: Object) -> None:
    obj.setdefault("spec", {})


_BY_KIND: dict[str, Callable[[Object], None]] = {
    "/endpoints": _endpoints,
    "/limitranges": _limit_range,
    "/namespaces": _namespace,
    "/nodes": _node,
    "/persistentvolumeclaims": _volume_claim,
    "/persistentvolumes": _volume,
    "/pods": defaults_pods.pod,
    "/podtemplates": defaults_pods.template,
    "/replicationcontrollers": defaults_workloads.replication_controller,
    "/secrets": _secret,
    "/services": _service,
    "apps/daemonsets": defaults_workloads.daemon_set,
    "apps/deployments": defaults_workloads.deployment,
    "apps/replicasets": defaults_workloads.replica_set,
    "apps/statefulsets": defaults_workloads.stateful_set,
    "batch/cronjobs": defaults_workloads.cron_job,
    "batch/jobs": defaults_workloads.job,
    "discovery.k8s.io/endpointslices": _endpoint_slice,
    "rbac.authorization.k8s.io/clusterrolebindings": _binding,
    "rbac.authorization.k8s.io/rolebindings": _binding,
    "resource.k8s.io/resourceclaims": defaults_devices.claim,
    "resource.k8s.io/resourceclaimtemplates": defaults_devices.claim_template,
    "scheduling.k8s.io/priorityclasses": _priority_class,
    "storage.k8s.io/storageclasses": _storage_class,
}


def fill(resource: str, obj: Object) -> None:
    """Fill an object of the store's `resource` in place; the object must be nobody else's."""
    found = _BY_KIND.get(resource)
    if found is not None:
        found(obj)
