"""The objects every cluster has from its first second: namespaces, priority classes, the kubernetes Service."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.admission.service_addresses import RANGE
from drakkar.apiserver.kinds.conditions import with_condition


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


def ranges(now: str) -> Iterator[Object]:
    """The range of addresses that services have; `now` is the time that its status tells."""
    found = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "ServiceCIDR",
        "metadata": {"name": "kubernetes"},
        "spec": {"cidrs": [str(RANGE)]},
    }
    yield with_condition(found, "Ready", "True", "", "Kubernetes default Service CIDR is ready", now)
