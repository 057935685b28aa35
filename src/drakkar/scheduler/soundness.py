"""Whether the scheduler can read an object at all. One that it cannot costs only itself and is told by name.

A server of today lets no such object in; one that was stored before, or by another version, may be there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drakkar.api.core import Node, Pod
from drakkar.api.object import Object, ObjectKey
from drakkar.api.quantity import QuantityError
from drakkar.api.resource import DecodeError, decode
from drakkar.api.workloads import DisruptionBudget
from drakkar.placement import Needs

_HIGHEST = 2**31 - 1


def _named(obj: Object, *names: str) -> None:
    for name in names:
        if not isinstance(obj["metadata"].get(name), str):
            raise DecodeError(f"metadata.{name} is no text")


def _kinds(where: str, obj: Object, fields: Mapping[str, type]) -> None:
    for name, kind in fields.items():
        if obj.get(name) is not None and not isinstance(obj[name], kind):
            raise DecodeError(f"{where}.{name} is no {kind.__name__}")


@dataclass(frozen=True, slots=True)
class KnownPod:
    """A pod as it is stored, as it is computed with, and what it needs of its node."""

    obj: Object
    pod: Pod
    needs: Needs

    @classmethod
    def of(cls, obj: Object) -> KnownPod:
        """Of a pod as it is stored; DecodeError and QuantityError where it cannot be read."""
        pod = decode(Pod, obj)
        return cls(obj, pod, Needs(pod))

    @property
    def key(self) -> ObjectKey:
        """What names it."""
        return ObjectKey(self.pod.metadata.namespace, self.pod.metadata.name)

    @property
    def priority(self) -> int:
        """How important it is."""
        return self.pod.spec.priority or 0

    @property
    def uid(self) -> str:
        """Another pod of the same name has another one."""
        return self.pod.metadata.uid


def read_pod(obj: Object) -> KnownPod | str:
    """The pod, or what keeps it from being placed or reckoned with."""
    try:
        _named(obj, "name", "namespace", "uid", "resourceVersion")
        return KnownPod.of(obj)
    except (DecodeError, QuantityError, RecursionError) as error:
        return str(error)


def read_node(obj: Object) -> Node | str:
    """The node, or what keeps it from being judged. What it has for pods is read where it is counted."""
    try:
        return decode(Node, obj)
    except (DecodeError, RecursionError) as error:
        return str(error)


def read_budget(obj: Object) -> DisruptionBudget | str:
    """The budget, or what keeps it from being minded."""
    try:
        return decode(DisruptionBudget, obj)
    except (DecodeError, RecursionError) as error:
        return str(error)


def claim_fault(claim: Object) -> str:
    """What keeps the claim from being used; nothing if all that is looked at can be read."""
    try:
        _named(claim, "name", "namespace", "uid", "resourceVersion")
        _kinds(
            "metadata", claim["metadata"], {"annotations": dict, "finalizers": list, "ownerReferences": list}
        )
        _kinds("claim", claim, {"spec": dict, "status": dict})
        status = claim.get("status") or {}
        _kinds("status", status, {"allocation": dict, "reservedFor": list})
        for where, entries in (
            ("status.reservedFor", status.get("reservedFor")),
            ("metadata.ownerReferences", claim["metadata"].get("ownerReferences")),
        ):
            for entry in entries or []:
                if not isinstance(entry, dict):
                    raise DecodeError(f"{where} has an entry that is no object")
    except DecodeError as error:
        return str(error)
    return ""


def what_counts(pod: Object) -> Object | None:
    """What of a pod that cannot be read is reckoned with: that it is on its node. None where that is not to be told."""
    metadata, spec, status = (pod.get(part) for part in ("metadata", "spec", "status"))
    node = spec.get("nodeName") if isinstance(spec, dict) else None
    if not isinstance(metadata, dict) or not isinstance(node, str) or not node:
        return None
    kept = {name: metadata.get(name) for name in ("name", "namespace", "uid", "resourceVersion")}
    if not all(isinstance(value, str) for value in kept.values()):
        return None
    phase = status.get("phase") if isinstance(status, dict) else None
    priority = spec.get("priority") if isinstance(spec, dict) else None
    if not isinstance(priority, int) or isinstance(priority, bool) or abs(priority) > _HIGHEST:
        # Nobody is made to go of whom it is not known how important he is.
        priority = _HIGHEST
    return {"metadata": kept, "spec": {"nodeName": node, "priority": priority}, "status": {"phase": phase}}
