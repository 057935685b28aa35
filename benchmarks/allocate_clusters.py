"""Clusters and pods to allocate for, with devices as drivers publish them: about ten attributes each, pools per node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Object = dict[str, Any]
DRIVER, NICS, STANDARD = "gpu.example.com", "nic.example.com", "resource.kubernetes.io"
GPU_CLASS, MIG_CLASS, NIC_CLASS = "gpu.example.com", "mig.example.com", "nic.example.com"


@dataclass(frozen=True)
class Cluster:
    """Each node's slices are made when they are asked for: all together they would not be small."""

    name: str
    kind: str
    nodes: int
    devices_a_node: int
    # The claims of a pod; pods take them in turn.
    templates: tuple[tuple[Object, ...], ...]

    @property
    def node_names(self) -> list[str]:
        return [node_name(index) for index in range(self.nodes)]

    def slices(self) -> Iterator[Object]:
        return (slice_ for index in range(self.nodes) for slice_ in SLICES[self.kind](index))

    def write(self, directory: Path) -> Path:
        """A file with a slice a line."""
        path = directory / f"{self.kind}-{self.nodes}.jsonl"
        if not path.exists():
            with path.open("w") as out:
                out.writelines(json.dumps(slice_) + "\n" for slice_ in self.slices())
        return path


def node_name(index: int) -> str:
    return f"node-{index:05d}"


def _text(value: str) -> Object:
    return {"string": value}


def _slice(driver: str, node: str, name: str, count: int = 1, **content: Any) -> Object:
    return {
        "metadata": {"name": f"{node}-{driver}-{name}", "uid": f"{node}-{driver}-{name}-uid"},
        "spec": {
            "driver": driver,
            "nodeName": node,
            "pool": {"name": node, "generation": 1, "resourceSliceCount": count},
            **content,
        },
    }


def _place(number: int) -> Object:
    """Where in the machine a device sits: a PCIe root for each, four to a NUMA node."""
    return {
        f"{STANDARD}/pcieRoot": _text(f"pci0000:{16 + 16 * number:02x}"),
        f"{STANDARD}/pciBusID": _text(f"0000:{17 + 16 * number:02x}:00.0"),
        f"{STANDARD}/numaNode": {"int": number // 4},
    }


PRODUCTS = ("NVIDIA A100-SXM4-80GB", "NVIDIA H100 80GB HBM3", "NVIDIA L40S", "NVIDIA L4", "Tesla T4")
ARCHITECTURES = ("Ampere", "Hopper", "Ada Lovelace", "Ada Lovelace", "Turing")
COMPUTE = ("8.0.0", "9.0.0", "8.9.0", "8.9.0", "7.5.0")
MEMORY = ("80Gi", "80Gi", "48Gi", "24Gi", "16Gi")
DRIVERS = ("550.127.8", "560.35.3", "565.57.1", "570.158.1")


def gpu(node: int, number: int, kind: int) -> Object:
    """A whole GPU; the twenty kinds differ by product and by the version of the driver."""
    product, driver = kind % 5, kind // 5
    return {
        "name": f"gpu-{number}",
        "attributes": {
            "type": _text("gpu"),
            "uuid": _text(f"GPU-{node:08x}-{number:04x}-4b5c-8d6e-f7a8b9c0d1e2"),
            "index": {"int": number},
            "productName": _text(PRODUCTS[product]),
            "architecture": _text(ARCHITECTURES[product]),
            "cudaComputeCapability": {"version": COMPUTE[product]},
            "driverVersion": {"version": DRIVERS[driver]},
            "cudaDriverVersion": {"version": "12.8.0"},
            **_place(number),
        },
        "capacity": {"memory": {"value": MEMORY[product]}},
    }


def _gpus(node: int) -> list[Object]:
    devices = [gpu(node, number, 1) for number in range(8)]
    return [_slice(DRIVER, node_name(node), "gpus", devices=devices)]


def _gpus_of_kinds(node: int) -> list[Object]:
    devices = [gpu(node, number, node % 20) for number in range(8)]
    return [_slice(DRIVER, node_name(node), "gpus", devices=devices)]


# What a GPU can be cut into: profile, how much of it (sevenths of compute), and the memory slices it may lie on.
PROFILES = (
    ("7g.80gb", 7, (tuple(range(8)),)),
    ("4g.40gb", 4, (tuple(range(4)),)),
    ("3g.40gb", 3, (tuple(range(4)), tuple(range(4, 8)))),
    ("2g.20gb", 2, ((0, 1), (2, 3), (4, 5))),
    ("1g.10gb", 1, tuple((start,) for start in range(7))),
)


def _partition(node: int, number: int, profile: str, sevenths: int, memory: tuple[int, ...]) -> Object:
    whole = gpu(node, number, 0)["attributes"]
    counters = {f"memory-slice-{index}": {"value": "1"} for index in memory}
    counters |= {"multiprocessors": {"value": str(14 * sevenths)}, "copy-engines": {"value": str(sevenths)}}
    return {
        "name": f"gpu-{number}-mig-{profile.replace('.', '-')}-{memory[0]}",
        "attributes": {
            **whole,
            "type": _text("mig"),
            "profile": _text(profile),
            "uuid": _text(f"MIG-{node:08x}-{number:04x}-{sevenths:04x}-{memory[0]:04x}-f7a8b9c0d1e2"),
            "parentUUID": whole["uuid"],
        },
        "capacity": {
            "memory": {"value": f"{10 * len(memory)}Gi"},
            "multiprocessors": {"value": str(14 * sevenths)},
        },
        "consumesCounters": [{"counterSet": f"gpu-{number}", "counters": counters}],
    }


def _partitions(node: int) -> list[Object]:
    """Four GPUs, each of which can be cut up in fourteen ways; counters say which of them go together."""
    name = node_name(node)
    devices = [
        _partition(node, number, profile, sevenths, memory)
        for number in range(4)
        for profile, sevenths, places in PROFILES
        for memory in places
    ]
    whole = {f"memory-slice-{index}": {"value": "1"} for index in range(8)}
    whole |= {"multiprocessors": {"value": "98"}, "copy-engines": {"value": "7"}}
    sets = [{"name": f"gpu-{number}", "counters": whole} for number in range(4)]
    return [
        _slice(DRIVER, name, "0-counters", 2, sharedCounters=sets),
        _slice(DRIVER, name, "1-partitions", 2, devices=devices),
    ]


def _nic(node: int, number: int, place: int) -> Object:
    return {
        "name": f"nic-{number}",
        "attributes": {
            "ifName": _text(f"eth{number}"),
            "mac": _text(f"02:{node >> 8:02x}:{node & 255:02x}:11:00:{number:02x}"),
            "mtu": {"int": 9000},
            "state": _text("up"),
            "rdma": {"bool": True},
            "sriov": {"bool": False},
            "linkType": _text("infiniband"),
            "firmwareVersion": {"version": "28.43.1014"},
            **_place(place),
        },
        "capacity": {"bandwidth": {"value": "400G"}},
    }


def _gpus_and_nics(node: int) -> list[Object]:
    """Eight of each; the interfaces are not numbered in the order of the GPUs beside them."""
    gpus = [gpu(node, number, 1) for number in range(8)]
    nics = [_nic(node, number, (5 * number + 3) % 8) for number in range(8)]
    return [
        _slice(DRIVER, node_name(node), "gpus", devices=gpus),
        _slice(NICS, node_name(node), "nics", devices=nics),
    ]


SLICES = {
    "gpus": _gpus,
    "kinds": _gpus_of_kinds,
    "partitions": _partitions,
    "pairs": _gpus_and_nics,
}


def class_(name: str, expression: str) -> Object:
    return {"metadata": {"name": name}, "spec": {"selectors": [{"cel": {"expression": expression}}]}}


CLASSES = [
    class_(GPU_CLASS, f"device.driver == '{DRIVER}' && device.attributes['{DRIVER}'].type == 'gpu'"),
    class_(MIG_CLASS, f"device.driver == '{DRIVER}' && device.attributes['{DRIVER}'].type == 'mig'"),
    class_(NIC_CLASS, f"device.driver == '{NICS}'"),
]


def request(name: str, class_name: str, expression: str | None = None, count: int = 1) -> Object:
    exactly: Object = {"deviceClassName": class_name, "allocationMode": "ExactCount", "count": count}
    if expression is not None:
        exactly["selectors"] = [{"cel": {"expression": expression}}]
    return {"name": name, "exactly": exactly}


def claim(requests: list[Object], constraints: list[Object] | None = None, name: str = "devices") -> Object:
    devices: Object = {"requests": requests}
    if constraints:
        devices["constraints"] = constraints
    return {"metadata": {"name": name, "namespace": "default", "uid": name}, "spec": {"devices": devices}}


def one_gpu(nodes: int) -> Cluster:
    """Eight equal GPUs a node, pods that want any one of them."""
    return Cluster("one GPU", "gpus", nodes, 8, ((claim([request("gpu", GPU_CLASS)]),),))


def twenty_kinds(nodes: int) -> Cluster:
    """Nodes of twenty kinds, pods of twenty: each names a product, a lowest version of the driver, and a capability."""
    templates = []
    for kind in range(20):
        product, driver = kind % 5, kind // 5
        gpus = f"device.attributes['{DRIVER}']"
        newer = f" && {gpus}.driverVersion.isLessThan(semver('{DRIVERS[driver + 1]}'))" if driver < 3 else ""
        expression = (
            f"{gpus}.productName == '{PRODUCTS[product]}' && "
            f"{gpus}.cudaComputeCapability.compareTo(semver('{COMPUTE[product]}')) >= 0 && "
            f"!{gpus}.driverVersion.isLessThan(semver('{DRIVERS[driver]}')){newer}"
        )
        templates.append((claim([request("gpu", GPU_CLASS, expression)]),))
    return Cluster("three attributes, 20 kinds of nodes", "kinds", nodes, 8, tuple(templates))


def partitions(nodes: int) -> Cluster:
    """56 partitions a node on four GPUs, pods that want one of a size, mostly small ones."""
    wanted = ("1g.10gb", "3g.40gb", "1g.10gb", "2g.20gb", "1g.10gb")
    templates = tuple(
        (claim([request("mig", MIG_CLASS, f"device.attributes['{DRIVER}'].profile == '{profile}'")]),)
        for profile in wanted
    )
    return Cluster("56 partitions with counters", "partitions", nodes, 56, templates)


def pairs(nodes: int) -> Cluster:
    """Eight GPUs and eight interfaces, each GPU with the interface on its own PCIe root."""
    requests = [request(f"gpu-{number}", GPU_CLASS) for number in range(8)]
    requests += [request(f"nic-{number}", NIC_CLASS) for number in range(8)]
    constraints = [
        {"requests": [f"gpu-{number}", f"nic-{number}"], "matchAttribute": f"{STANDARD}/pcieRoot"}
        for number in range(8)
    ]
    return Cluster("8 GPUs + 8 NICs by PCIe root", "pairs", nodes, 16, ((claim(requests, constraints),),))
