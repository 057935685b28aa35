"""One object that cannot be read costs only itself: everything else is placed as if it were not there."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drakkar.client.changes import Added, Deleted, Updated
from drakkar.scheduler.devices import AllocatorDevices
from drakkar.scheduler.soundness import claim_fault, read_node, read_pod
from drakkar.scheduler.stored_claim import FINALIZER

from .bench import Bench, claim, node, pod

Object = dict[str, Any]
DAMAGE: list[Any] = [None, 7, "x", [], {}, [7], [None], {"x": 7}, True, "9" * 200, -1, 10**26, {"": {}}]


def rich_pod() -> Object:
    """A pod that uses all that is looked at."""
    term = {
        "labelSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]},
        "topologyKey": "t",
    }
    made = pod("damaged", "shared")
    made["metadata"] |= {
        "labels": {"a": "b"},
        "uid": "u",
        "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    made["spec"] |= {
        "nodeName": "n1",
        "tolerations": [{"key": "k", "operator": "Gt", "value": "5", "effect": "NoSchedule"}],
        "affinity": {
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]},
            "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]},
            "nodeAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "preference": {"matchExpressions": []}}
                ]
            },
        },
        "containers": [
            {
                "name": "c",
                "resources": {"requests": {"cpu": "1"}},
                "ports": [{"containerPort": 80, "hostPort": 8080}],
            }
        ],
    }
    return made


def rich_node() -> Object:
    made = node("damaged")
    made["metadata"]["labels"] = {"a": "b"}
    made["spec"] = {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}], "unschedulable": False}
    return made


def rich_claim() -> Object:
    made = claim("damaged")
    made["metadata"] |= {
        "uid": "u",
        "resourceVersion": "1",
        "finalizers": [FINALIZER],
        "ownerReferences": [{"uid": "o"}],
    }
    made["status"] = {
        "allocation": {
            "devices": {"results": [{"request": "r", "driver": "d", "pool": "p", "device": "d9"}]}
        },
        "reservedFor": [{"resource": "pods", "name": "x", "uid": "y"}],
    }
    return made


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside an object, but those without which the client does not let it pass."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        whole = ".".join(map(str, (*path, key)))
        if whole not in (
            "metadata",
            *(f"metadata.{one}" for one in ("name", "namespace", "uid", "resourceVersion")),
        ):
            yield (*path, key)
        yield from places(inner, (*path, key))


def damaged(obj: Object, dice: random.Random) -> Object:
    made = copy.deepcopy(obj)
    *path, last = dice.choice(list(places(made)))
    inner: Any = made
    for key in path:
        inner = inner[key]
    if dice.random() < 0.2:
        del inner[last]
    else:
        inner[last] = dice.choice(DAMAGE)
    return made


@pytest.mark.parametrize("what", ["pods", "nodes", "resourceclaims"])
async def test_everything_else_is_placed(what: str) -> None:
    rich = {"pods": rich_pod, "nodes": rich_node, "resourceclaims": rich_claim}[what]
    read: dict[str, Callable[[Object], object]] = {
        "pods": read_pod,
        "nodes": read_node,
        "resourceclaims": claim_fault,
    }
    assert what == "pods" or not isinstance(read[what](rich()), str) or read[what](rich()) == ""
    dice = random.Random(what)
    for _ in range(150):
        bench = Bench(["d0"])
        handler = {
            "pods": bench.scheduler.on_pod,
            "nodes": bench.scheduler.on_node,
            "resourceclaims": bench.scheduler.on_claim,
        }[what]
        bad = damaged(rich(), dice)
        handler(Added(bad))
        handler(Updated(bad, damaged(bad, dice)))
        bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
        bench.client.put("resourceclaims", claim("c"))
        bench.client.put("pods", pod("p", "c"))
        await bench.drain()
        bench.now += 600
        await bench.drain()
        assert ("p", "n1") in bench.client.bindings, (bad, bench.messages("p"))
        handler(Deleted(bad))


def test_what_a_claim_that_cannot_be_read_holds_is_nobody_elses() -> None:
    devices = AllocatorDevices()
    bad = rich_claim()
    bad["status"]["allocation"]["nodeSelector"] = 7
    devices.claim_changed(Added(bad))
    from drakkar.allocator import DeviceKey

    assert devices.ledger.dedicated(DeviceKey("d", "p", "d9"))
    devices.claim_changed(Deleted(bad))
    assert not devices.ledger.in_use(DeviceKey("d", "p", "d9"))
