"""An API server in memory, as small as the scheduler needs: versions, conflicts, status writes, handlers, and writes
whose answers are lost.
"""

from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from drakkar.api.held_devices import held_devices
from drakkar.api.resource import AllocationResult, decode
from drakkar.client import ApiError, Conflict, NotFound, Unanswered, Unreachable
from drakkar.placement import NodeInfo
from drakkar.scheduler.dra import Wanted

Object = dict[str, Any]
Handler = Callable[[str, Object | None, Object | None], None]


def api_error(kind: type[ApiError], code: int, reason: str) -> ApiError:
    """The server's refusal."""
    return kind(code, reason, reason)


class FakeClient:
    """Objects by plural, namespace and name; handlers see every write at once, or when `deliver` is called if `quiet`.

    `fate(verb, plural)` says what becomes of each request: "done", "away" (never sent), "before" (lost on its way
    there), "after" (done, and the answer lost), "late" (no answer, and done when `land` is called).
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.handlers: dict[str, list[Handler]] = {}
        self.bindings: list[tuple[str, str]] = []
        self.quiet = False
        self.conflicts = 0
        self.fate: Callable[[str, str], str] = lambda verb, plural: "done"
        self.on_their_way: list[Callable[[], None]] = []
        self.landed: list[str] = []
        self._held: list[tuple[str, str, Object | None, Object | None]] = []
        self._version = itertools.count(1)

    def _tell(self, plural: str, kind: str, old: Object | None, new: Object | None) -> None:
        if self.quiet:
            self._held.append((plural, kind, old, new))
            return
        for handler in self.handlers.get(plural, ()):
            handler(kind, copy.deepcopy(old), copy.deepcopy(new))

    def deliver(self) -> None:
        """Let the handlers hear what they have not heard."""
        self.quiet = False
        held, self._held = self._held, []
        for event in held:
            self._tell(*event)

    def land(self) -> None:
        """Let what is on its way arrive."""
        waiting, self.on_their_way = self.on_their_way, []
        for arrive in waiting:
            arrive()

    def put(self, plural: str, obj: Object) -> Object:
        obj = copy.deepcopy(obj)
        key = (plural, obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        obj["metadata"]["resourceVersion"] = str(next(self._version))
        obj["metadata"].setdefault("uid", "uid-" + "-".join(key))
        old = self.objects.get(key)
        self.objects[key] = obj
        self._tell(plural, "add" if old is None else "update", old, obj)
        return copy.deepcopy(obj)

    def remove(self, plural: str, name: str, namespace: str = "") -> None:
        self._tell(plural, "delete", self.objects.pop((plural, namespace, name)), None)

    def find(self, plural: str, name: str, namespace: str | None = "") -> Object:
        try:
            return copy.deepcopy(self.objects[plural, namespace or "", name])
        except KeyError:
            raise api_error(NotFound, 404, "NotFound") from None

    def _request(self, verb: str, plural: str, work: Callable[[], Object]) -> Object:
        fate = self.fate(verb, plural)
        if fate == "away":
            raise Unreachable("nobody listens")
        if fate == "late":

            def arrive() -> None:
                try:
                    work()
                except (Conflict, NotFound) as refused:
                    self.landed.append(f"{verb} {plural}: {refused}")
                else:
                    self.landed.append(f"{verb} {plural}: stored")

            self.on_their_way.append(arrive)
        elif fate == "done":
            return work()
        elif fate == "after":
            work()
        raise Unanswered("connection lost")

    async def get(self, res: Any, name: str, namespace: str | None = None) -> Object:
        return self._request("get", res.plural, lambda: self.find(res.plural, name, namespace))

    async def list(self, res: Any, **_: Any) -> Object:
        def work() -> Object:
            return {
                "items": [copy.deepcopy(obj) for key, obj in self.objects.items() if key[0] == res.plural]
            }

        return self._request("list", res.plural, work)

    async def update(self, res: Any, obj: Object, subresource: str | None = None) -> Object:
        sent = copy.deepcopy(obj)
        return self._request(
            f"update {subresource or ''}".strip(),
            res.plural,
            lambda: self._update(res.plural, sent, subresource),
        )

    def _update(self, plural: str, obj: Object, subresource: str | None) -> Object:
        current = self.find(plural, obj["metadata"]["name"], obj["metadata"].get("namespace"))
        if self.conflicts:
            self.conflicts -= 1
            self.put(plural, current)
            raise api_error(Conflict, 409, "Conflict")
        for name in ("resourceVersion", "uid"):
            if current["metadata"][name] != obj["metadata"][name]:
                raise api_error(Conflict, 409, "Conflict")
        if subresource == "status":
            current["status"] = obj.get("status") or {}
            return self.put(plural, current)
        return self.put(plural, {**obj, "status": current.get("status") or {}})

    async def patch(
        self, res: Any, name: str, body: Object, namespace: str | None = None, **_: Any
    ) -> Object:
        return self._request("patch", res.plural, lambda: self._patch(res.plural, name, body, namespace))

    def _patch(self, plural: str, name: str, body: Object, namespace: str | None) -> Object:
        current = self.find(plural, name, namespace)
        for field, value in (body.get("metadata") or {}).items():
            if current["metadata"].get(field) != value:
                raise api_error(Conflict, 409, "Conflict")
        status = current.setdefault("status", {})
        for entry in (body.get("status") or {}).get("conditions") or []:
            kept = [old for old in status.get("conditions") or [] if old["type"] != entry["type"]]
            status["conditions"] = [*kept, entry]
        return self.put(plural, current)

    async def post_subresource(
        self, res: Any, name: str, sub: str, obj: Object, namespace: str | None = None
    ) -> Object:
        assert sub == "binding"
        return self._request("bind", res.plural, lambda: self._bind(res.plural, name, obj, namespace))

    def _bind(self, plural: str, name: str, binding: Object, namespace: str | None) -> Object:
        pod = self.find(plural, name, namespace)
        for field in ("uid", "resourceVersion"):
            if pod["metadata"][field] != binding["metadata"][field]:
                raise api_error(Conflict, 409, "Conflict")
        if pod["spec"].get("nodeName"):
            raise api_error(Conflict, 409, "Conflict")
        pod["spec"]["nodeName"] = binding["target"]["name"]
        self.bindings.append((name, binding["target"]["name"]))
        self.put(plural, pod)
        return {"kind": "Status", "status": "Success"}


class FakeEvents:
    """Events as (pod, type, reason, message)."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str, str]] = []

    def event(self, obj: Object, kind: str, reason: str, message: str) -> None:
        self.seen.append((obj["metadata"]["name"], kind, reason, message))


class CountedDevices:
    """Interchangeable devices per node: enough to see whether one is ever given out twice."""

    def __init__(self, per_node: dict[str, list[str]]) -> None:
        self.per_node = per_node
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

    def claim_changed(self, kind: str, old: Object | None, new: Object | None) -> None:
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
        return CountedAsk(self, len(claims))


class CountedAsk:
    """So many claims, with one device each."""

    def __init__(self, devices: CountedDevices, count: int) -> None:
        self._devices, self._count = devices, count

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes:
        return bytes([1] * len(nodes))

    def on(self, node: NodeInfo) -> list[AllocationResult] | str:
        used = {*self._devices.stored.values(), *self._devices.assumed.values()}
        free = [device for device in self._devices.per_node.get(node.name, []) if device not in used]
        if len(free) < self._count:
            return "cannot allocate all claims"
        return [allocation(device) for device in free[: self._count]]


def allocation(device: str) -> AllocationResult:
    result = {"request": "r", "driver": "d", "pool": "p", "device": device}
    return decode(AllocationResult, {"devices": {"results": [result]}})
