"""An API server in memory, as small as the scheduler needs: versions, conflicts, status writes, and handlers."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

from drakkar.client import Conflict, NotFound
from drakkar.scheduler.cycle import AllocationFailed

Object = dict[str, Any]
Handler = Callable[[str, Object | None, Object | None], None]


def api_error(kind: type[Exception], code: int, reason: str) -> Exception:
    """An error of the client's kind, made without its transport."""
    error = kind.__new__(kind)
    Exception.__init__(error, reason)
    for name, value in (("code", code), ("reason", reason), ("message", reason), ("status", {})):
        try:
            setattr(error, name, value)
        except AttributeError:
            continue
    return error


class FakeClient:
    """Objects by plural, namespace and name; handlers see every write at once unless `quiet`."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.handlers: dict[str, Handler] = {}
        self.bindings: list[tuple[str, str]] = []
        self.quiet = False
        self.conflicts = 0
        self._version = itertools.count(1)

    def _tell(self, plural: str, kind: str, old: Object | None, new: Object | None) -> None:
        if not self.quiet and plural in self.handlers:
            self.handlers[plural](kind, copy.deepcopy(old), copy.deepcopy(new))

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

    async def get(self, res: Any, name: str, namespace: str | None = None) -> Object:
        return self.find(res.plural, name, namespace)

    async def update(self, res: Any, obj: Object, subresource: str | None = None) -> Object:
        current = self.find(res.plural, obj["metadata"]["name"], obj["metadata"].get("namespace"))
        if self.conflicts:
            self.conflicts -= 1
            self.put(res.plural, current)
            raise api_error(Conflict, 409, "Conflict")
        if current["metadata"]["resourceVersion"] != obj["metadata"]["resourceVersion"]:
            raise api_error(Conflict, 409, "Conflict")
        if subresource == "status":
            current["status"] = obj.get("status") or {}
            return self.put(res.plural, current)
        return self.put(res.plural, {**obj, "status": current.get("status") or {}})

    async def patch(
        self, res: Any, name: str, body: Object, namespace: str | None = None, **_: Any
    ) -> Object:
        current = self.find(res.plural, name, namespace)
        status = current.setdefault("status", {})
        for field, merge_key in (("conditions", "type"), ("reservedFor", "uid")):
            for entry in (body.get("status") or {}).get(field) or []:
                kept = [old for old in status.get(field) or [] if old[merge_key] != entry[merge_key]]
                status[field] = kept if entry.get("$patch") == "delete" else [*kept, entry]
        return self.put(res.plural, current)

    async def post_subresource(
        self, res: Any, name: str, sub: str, obj: Object, namespace: str | None = None
    ) -> None:
        assert sub == "binding"
        pod = self.find(res.plural, name, namespace)
        pod["spec"]["nodeName"] = obj["target"]["name"]
        self.bindings.append((name, obj["target"]["name"]))
        self.put(res.plural, pod)


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

    @staticmethod
    def _device(allocation: Object) -> str:
        return str(allocation["devices"]["results"][0]["device"])

    def claim_changed(self, kind: str, old: Object | None, new: Object | None) -> None:
        claim = new or old or {}
        allocation = (claim.get("status") or {}).get("allocation")
        if new is None or not allocation:
            self.stored.pop(claim["metadata"]["uid"], None)
        else:
            self.stored[claim["metadata"]["uid"]] = self._device(allocation)

    def reserve(self, claim: Object, allocation: Object) -> None:
        self.assumed[claim["metadata"]["uid"]] = self._device(allocation)

    def release(self, uid: str) -> None:
        self.assumed.pop(uid, None)

    def allocate(self, claims: list[Object], node: Object) -> list[Object] | AllocationFailed:
        used = {*self.stored.values(), *self.assumed.values()}
        free = [device for device in self.per_node.get(node["metadata"]["name"], []) if device not in used]
        if len(free) < len(claims):
            return AllocationFailed("cannot allocate all claims")
        return [
            {"devices": {"results": [{"request": "r", "driver": "d", "pool": "p", "device": device}]}}
            for _, device in zip(claims, free, strict=False)
        ]
