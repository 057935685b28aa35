"""Endpoint slices of services."""

from __future__ import annotations

from typing import Any

from drakkar.api.core import Pod
from drakkar.api.resource import decode
from drakkar.api.workloads import Service
from drakkar.client.resources import PODS, SERVICES
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.services.endpoints import wanted_slices
from drakkar.testing import MemoryApi

from ..manifests import NS, ready

Object = dict[str, Any]


def service(target: int | str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": NS},
        "spec": {"selector": {"app": "x"}, "ports": [{"port": 80, "targetPort": target, "protocol": "TCP"}]},
    }


def served(name: str, port: int = 8080) -> Object:
    container = {"name": "c", "image": "i", "ports": [{"name": "http", "containerPort": port}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NS, "labels": {"app": "x"}, "uid": name},
        "spec": {
            "nodeName": "w1",
            "containers": [container],
        },
    }


async def test_slices_follow_the_pods(cluster: MemoryApi) -> None:
    await cluster.create(SERVICES, service("http"))
    await cluster.create(PODS, served("a"))
    cluster.set_status("pods", "a", NS, **ready())
    await cluster.until(lambda: (found := cluster.all("endpointslices")) and found[0].get("endpoints"))
    (found,) = cluster.all("endpointslices")
    assert found["metadata"]["labels"]["kubernetes.io/service-name"] == "s"
    assert found["ports"] == [{"name": "", "protocol": "TCP", "port": 8080}]
    (endpoint,) = found["endpoints"]
    assert endpoint["addresses"] == ["10.0.0.1"] and endpoint["nodeName"] == "w1"
    assert endpoint["conditions"] == {"ready": True, "serving": True, "terminating": False}
    await cluster.delete(PODS, "a", NS)
    await cluster.until(lambda: cluster.all("endpointslices")[0]["endpoints"][0]["conditions"]["terminating"])
    await cluster.delete(PODS, "a", NS, grace_period_seconds=0)
    await cluster.until(lambda: not cluster.all("endpointslices")[0].get("endpoints"))
    assert len(cluster.all("endpointslices")) == 1
    await cluster.delete(SERVICES, "s", NS)
    await cluster.until(lambda: not cluster.all("endpointslices"))


def test_many_pods_and_different_ports_need_several_slices() -> None:
    pods = [{**served(f"p{index:03}"), "status": ready()} for index in range(101)]
    pods.append({**served("other", 9090), "status": ready()})
    found = [Seen(pod, decode(Pod, pod)) for pod in pods]
    slices = wanted_slices(decode(Service, service("http")), found)
    assert [len(found["endpoints"]) for found in slices] == [100, 1, 1]
    assert [found["ports"][0]["port"] for found in slices] == [8080, 8080, 9090]
