"""What a decision costs: the scheduler's loop, and plan and explain, on clusters of several sizes.

`python benchmarks/decisions.py` puts its table into benchmarks/results.md. Pods have one claim of one device each; the API
server is a stub that answers at once, so that what is measured is the work of the scheduler's own process. Nothing here runs
beside an original: kube-scheduler has no such stub; what a decision costs it is in allocate.py, where both run.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import sections

from drakkar.api.features import Features
from drakkar.client.changes import Added, Updated
from drakkar.planner import World, explain, plan
from drakkar.scheduler.devices import AllocatorDevices
from drakkar.scheduler.queue import SchedulingQueue
from drakkar.scheduler.scheduler import Scheduler
from drakkar.sources.documents import read

Object = dict[str, Any]
DRIVER = "gpu.example.com"
DEVICES = 8
PODS = 1000


def device_class() -> Object:
    selectors = [{"cel": {"expression": f'device.driver == "{DRIVER}"'}}]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "DeviceClass",
        "metadata": {"name": "gpu", "resourceVersion": "1"},
        "spec": {"selectors": selectors},
    }


def node(index: int) -> Object:
    name = f"node-{index:05}"
    allocatable = {"cpu": "64", "memory": "256Gi", "pods": "110"}
    metadata = {"name": name, "labels": {"kubernetes.io/hostname": name}, "resourceVersion": "1"}
    status = {"allocatable": allocatable}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}, "status": status}


def slice_(index: int) -> Object:
    name = f"node-{index:05}"
    devices = [
        {
            "name": f"gpu-{number}",
            "attributes": {"model": {"string": "a"}, "index": {"int": number}},
            "capacity": {"memory": {"value": "80Gi"}},
        }
        for number in range(DEVICES)
    ]
    pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": {"name": f"{name}-slice", "resourceVersion": "1"},
        "spec": {"driver": DRIVER, "nodeName": name, "pool": pool, "devices": devices},
    }


def claim(name: str, *expressions: str) -> Object:
    what: Object = {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1}
    if expressions:
        what["selectors"] = [{"cel": {"expression": text}} for text in expressions]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": name, "namespace": "n", "uid": f"uid-{name}", "resourceVersion": "1"},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": what}]}},
    }


def pod(name: str, claim_name: str) -> Object:
    requests = {"cpu": "1", "memory": "1Gi"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "n", "uid": f"uid-{name}", "resourceVersion": "1"},
        "spec": {
            "containers": [{"name": "c", "resources": {"requests": requests}}],
            "resourceClaims": [{"name": "x", "resourceClaimName": claim_name}],
        },
    }


class Stub:
    """An API server that stores what it is sent and shows it at once."""

    def __init__(self) -> None:
        self.scheduler: Scheduler | None = None
        self._stored: dict[tuple[str, str], Object] = {}
        self._versions = itertools.count(2)

    def put(self, plural: str, obj: Object) -> Object:
        assert self.scheduler is not None
        stored = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(next(self._versions))}}
        key = plural, obj["metadata"]["name"]
        old, self._stored[key] = self._stored.get(key), stored
        show = self.scheduler.on_claim if plural == "resourceclaims" else self.scheduler.on_pod
        show(Added(stored) if old is None else Updated(old, stored))
        return stored

    async def update(self, kind: Any, obj: Object, subresource: str | None = None) -> Object:
        return self.put(kind.plural, obj)

    async def post_subresource(self, kind: Any, name: str, sub: str, obj: Object, namespace: str) -> Object:
        known = self._stored[kind.plural, name]
        self.put(kind.plural, {**known, "spec": {**known["spec"], "nodeName": obj["target"]["name"]}})
        return {"kind": "Status", "status": "Success"}


class Silent:
    """Nobody reads the events."""

    def event(self, *_: object) -> None:
        return None


async def loop(nodes: int) -> tuple[float, float]:
    """Milliseconds of processor a pod: of the decision alone, and with its writes and the events they cause."""
    stub, devices = Stub(), AllocatorDevices()
    queue = SchedulingQueue(clock=lambda: 0.0)
    stub.scheduler = scheduler = Scheduler(stub, Silent(), devices, queue)  # type: ignore[arg-type]
    for number in range(nodes):
        scheduler.on_node(Added(node(number)))
        devices.slice_changed(Added(slice_(number)))
    devices.class_changed(Added(device_class()))
    scheduler.on_class(Added(device_class()))
    for number in range(PODS):
        stub.put("resourceclaims", claim(f"c{number}"))
        stub.put("pods", pod(f"p{number}", f"c{number}"))
    deciding, began = 0.0, time.process_time()
    while (key := queue.pop_ready()) is not None:
        before = time.process_time()
        await scheduler.attempt(key)
        deciding += time.process_time() - before
        await asyncio.gather(*scheduler._binding)
    whole = time.process_time() - began
    placed = sum(bool(known.pod.spec.node_name) for known in scheduler.pods.values())
    assert placed == PODS, f"{placed} of {PODS} pods are placed"
    return 1000 * deciding / PODS, 1000 * whole / PODS


def tools(nodes: int, directory: Path) -> tuple[float, float]:
    """Seconds of processor that plan and explain take, reading the files included."""
    cluster = directory / "cluster.json"
    items = [device_class(), *(one for number in range(nodes) for one in (node(number), slice_(number)))]
    cluster.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    many, one = directory / "pods.json", directory / "one.json"
    claimed = [
        made for number in range(PODS) for made in (claim(f"c{number}"), pod(f"p{number}", f"c{number}"))
    ]
    many.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": claimed}))
    hopeless = [claim("never", f'device.attributes["{DRIVER}"].model == "b"'), pod("p", "never")]
    one.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": hopeless}))
    began = time.process_time()
    assert plan(World(read([cluster, many])), Features.default()).complete
    planned = time.process_time()
    assert not explain(World(read([cluster, one])), "pod/p", "n", Features.default()).good
    return planned - began, time.process_time() - planned


def main() -> None:
    """Measure, and put the table into the results, in place of an older one."""
    began = sections.circumstances()
    lines = [
        "| nodes | a decision, ms | with its writes, ms | plan of 1,000 pods, s | explain of one, s |",
        "|---|---|---|---|---|",
    ]
    for nodes in (500, 5000):
        deciding, whole = asyncio.run(loop(nodes))
        with tempfile.TemporaryDirectory() as directory:
            planned, explained = tools(nodes, Path(directory))
        lines.append(
            f"| {nodes} × {DEVICES} | {deciding:.2f} | {whole:.2f} | {planned:.1f} | {explained:.1f} |"
        )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines.append(f"\nProcessor time; the most memory was {memory:.0f} MB.")
    print("\n".join(lines))
    sections.write("decisions", "Decisions of the scheduler, plan and explain", began, lines)


if __name__ == "__main__":
    main()
