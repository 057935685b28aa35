"""What a scheduler stands on in tests: an API server in memory, events that are remembered, devices that are counted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from drakkar.api.held_devices import held_devices
from drakkar.api.resource import AllocationResult, decode
from drakkar.client.changes import Change
from drakkar.client.resources import PODS
from drakkar.placement import NodeInfo
from drakkar.scheduler.dra import Wanted
from drakkar.testing import MemoryApi
from drakkar.testing.follow import Handler

Object = dict[str, Any]


class SchedulerApi(MemoryApi):
    """`bindings` are those that were made, as (pod, node). Handlers hear every write at once, or when `deliver` is called if
    `quiet`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bindings: list[tuple[str, str]] = []
        self._followed = [self.follow(PODS, self._bound)]

    def hear(self, plural: str, handler: Handler) -> None:
        """Tell a handler of a collection."""
        self._followed.append(self.follow(plural, handler))

    def forget(self, deaf: object) -> None:
        """Tell the methods of this object no more."""
        for follower in self._followed:
            follower.handlers[:] = [
                one for one in follower.handlers if getattr(one, "__self__", None) is not deaf
            ]

    def hush(self) -> None:
        """Tell nobody anything before `deliver`."""
        for follower in self._followed:
            follower.quiet = True

    def deliver(self) -> None:
        """Let the handlers hear what they have not heard."""
        for follower in self._followed:
            follower.deliver()

    def _bound(self, change: Change) -> None:
        old, new = change.old, change.new
        if old and new and not old["spec"].get("nodeName") and (node := new["spec"].get("nodeName")):
            self.bindings.append((new["metadata"]["name"], node))


class FakeEvents:
    """Events as (pod, type, reason, message)."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str, str]] = []

    def event(self, obj: Object, kind: str, reason: str, message: str, **_: Any) -> None:
        self.seen.append((obj["metadata"]["name"], kind, reason, message))


class CountedDevices:
    """Interchangeable devices per node: enough to see whether one is ever given out twice."""

    def __init__(self, per_node: dict[str, list[str]], made_ready: frozenset[str] = frozenset()) -> None:
        """`made_ready` are those that pods have to wait for: condition `ready`, or `broken`."""
        self.per_node, self.made_ready = per_node, made_ready
        self.stored: dict[str, str] = {}
        self.assumed: dict[str, str] = {}
        # By claim: what compiling its selectors waits for.
        self.slow: dict[str, threading.Event] = {}

    def unprepared(self, claims: list[Object]) -> list[str]:
        return [claim["metadata"]["name"] for claim in claims if claim["metadata"]["name"] in self.slow]

    def prepare(self, expressions: list[str]) -> None:
        for name in expressions:
            self.slow[name].wait(10)
            del self.slow[name]

    def node_changed(self, name: str, node: object) -> None:
        return None

    def claim_changed(self, change: Change) -> None:
        old, new = change.old, change.new
        claim = new or old or {}
        held = None if new is None else held_devices(new)
        if held is None or not held.devices.results:
            self.stored.pop(claim["metadata"]["uid"], None)
        else:
            self.stored[claim["metadata"]["uid"]] = held.devices.results[0].device

    def reserve(self, uid: str, allocation: AllocationResult) -> None:
        self.assumed[uid] = allocation.devices.results[0].device

    def release(self, uid: str) -> None:
        self.assumed.pop(uid, None)

    def clashes(self, uid: str, node: str = "") -> dict[str, frozenset[str]]:
        has = {**self.assumed, **self.stored}
        others = frozenset(other for other, device in has.items() if other != uid and device == has.get(uid))
        return {f"device {has[uid]}": others} if others else {}

    def ask(self, claims: list[Wanted]) -> CountedAsk:
        return CountedAsk(self, [one.struct.spec.devices.requests[0].name for one in claims])


class CountedAsk:
    """Claims with one device each, for the requests of these names."""

    def __init__(self, devices: CountedDevices, requests: list[str]) -> None:
        self._devices, self._requests = devices, requests

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes:
        return bytes([1] * len(nodes))

    def on(self, node: NodeInfo) -> list[AllocationResult] | str:
        used = {*self._devices.stored.values(), *self._devices.assumed.values()}
        free = [device for device in self._devices.per_node.get(node.name, []) if device not in used]
        if len(free) < len(self._requests):
            return "cannot allocate all claims"
        ready = self._devices.made_ready
        return [
            allocation(device, request, ["ready"] if device in ready else [])
            for device, request in zip(free, self._requests, strict=False)
        ]


def allocation(device: str, request: str = "r", conditions: Sequence[str] = ()) -> AllocationResult:
    """Of one device; where pods wait for any condition of it, it may also be `broken`."""
    result: Object = {"request": request, "driver": "d", "pool": "p", "device": device}
    if conditions:
        result |= {"bindingConditions": list(conditions), "bindingFailureConditions": ["broken"]}
    return decode(AllocationResult, {"devices": {"results": [result]}})
