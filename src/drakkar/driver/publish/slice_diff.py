"""Which ResourceSlices to delete, update and create to get from the stored to the wanted; pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drakkar.api.object import Object
from drakkar.api.time import time_of
from drakkar.driver.errors import InvalidPoolsError
from drakkar.driver.publish.slice_names import BY_INDEX, SliceNames


@dataclass(frozen=True, slots=True)
class Pool:
    """Desired state of one pool: slice specs without driver, pool and node, which are filled in."""

    slices: tuple[Mapping[str, Any], ...]
    generation: int = 0
    node_selector: Mapping[str, Any] | None = None
    all_nodes: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """The object slices belong to; for a node-local driver its Node, whose UID is looked up where it is not given."""

    api_version: str
    kind: str
    name: str
    uid: str = ""

    def reference(self) -> Object:
        return {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "name": self.name,
            "uid": self.uid,
            "controller": True,
        }

    def _is_former(self, reference: Mapping[str, Any]) -> bool:
        """Does it mean one that had the owner's name before, and is gone?"""
        named = (self.api_version, self.kind, self.name)
        return (reference.get("apiVersion"), reference.get("kind"), reference.get("name")) == named and (
            reference.get("uid") != self.uid
        )

    def was_made_anew(self, item: Mapping[str, Any]) -> bool:
        """Does a slice belong to an object of the owner's name that is gone? It will be collected if it stays so."""
        return any(map(self._is_former, item["metadata"].get("ownerReferences") or ()))

    def references(self, item: Mapping[str, Any]) -> list[Object]:
        """A slice's references with the owner as it is now."""
        stored = item["metadata"].get("ownerReferences") or ()
        return [{**one, "uid": self.uid} if self._is_former(one) else dict(one) for one in stored]


@dataclass(slots=True)
class Changes:
    """Writes in the order they must happen."""

    delete: list[Object] = field(default_factory=list)
    update: list[Object] = field(default_factory=list)
    create: list[Object] = field(default_factory=list)


def validate(pools: Mapping[str, Pool]) -> None:
    """Refuse duplicate devices or counter sets in a pool and references to counters that are not there."""
    for name, pool in pools.items():
        devices: set[str] = set()
        counters: dict[str, set[str]] = {}
        for spec in pool.slices:
            for counter_set in spec.get("sharedCounters") or ():
                if counter_set["name"] in counters:
                    raise InvalidPoolsError(f"pool {name}: duplicate counter set {counter_set['name']}")
                counters[counter_set["name"]] = set(counter_set.get("counters") or ())
        for spec in pool.slices:
            for device in spec.get("devices") or ():
                if device["name"] in devices:
                    raise InvalidPoolsError(f"pool {name}: duplicate device {device['name']}")
                devices.add(device["name"])
                for consumption in device.get("consumesCounters") or ():
                    known = counters.get(consumption["counterSet"])
                    if known is None:
                        raise InvalidPoolsError(
                            f"device {device['name']}: unknown counter set {consumption['counterSet']}"
                        )
                    for unknown in set(consumption.get("counters") or ()) - known:
                        raise InvalidPoolsError(f"device {device['name']}: unknown counter {unknown}")


def _seconds(stamp: str) -> float:
    return time_of(stamp).timestamp()


def _same_taints(stored: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> bool:
    if len(stored) != len(wanted):
        return False
    for old, new in zip(stored, wanted, strict=True):
        if any(old.get(key) != new.get(key) for key in ("key", "value", "effect")):
            return False
        # The server fills in a missing time, and rounds a given one.
        before, after = old.get("timeAdded"), new.get("timeAdded")
        if before and after and abs(_seconds(before) - _seconds(after)) > 1:
            return False
    return True


def _same_devices(stored: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> bool:
    if len(stored) != len(wanted):
        return False
    for old, new in zip(stored, wanted, strict=True):
        if {k: v for k, v in old.items() if k != "taints"} != {k: v for k, v in new.items() if k != "taints"}:
            return False
        if not _same_taints(old.get("taints") or (), new.get("taints") or ()):
            return False
    return True


_COMPARED = (
    "pool",
    "nodeName",
    "nodeSelector",
    "allNodes",
    "sharedCounters",
    "perDeviceNodeSelection",
    "partitionTypeAttribute",
    "skipNodeOperations",
)


def _same_spec(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    if any((stored.get(key) or None) != (wanted.get(key) or None) for key in _COMPARED):
        return False
    return _same_devices(stored.get("devices") or (), wanted.get("devices") or ())


@dataclass(frozen=True, slots=True)
class Taken:
    """A slice as it was sent, and what the server made of it: where a gate is off it drops fields."""

    sent: Mapping[str, Any]
    stored: Mapping[str, Any]

    @property
    def dropped(self) -> list[str]:
        """The fields that the server did not keep, by their paths in the spec; nothing where it took all."""
        return [] if _same_spec(self.stored, self.sent) else sorted(set(_lost(self.sent, self.stored, "")))


def _lost(sent: Any, stored: Any, path: str) -> Iterator[str]:
    if isinstance(sent, Mapping):
        kept = stored if isinstance(stored, Mapping) else {}
        for key, value in sent.items():
            where = f"{path}.{key}" if path else key
            if value not in (None, [], {}) and key not in kept:
                yield where
            else:
                yield from _lost(value, kept.get(key), where)
    elif isinstance(sent, Sequence) and not isinstance(sent, str) and isinstance(stored, Sequence):
        for one, other in zip(sent, stored, strict=False):
            yield from _lost(one, other, f"{path}[]")


def as_sent(existing: Sequence[Mapping[str, Any]], taken: Mapping[str, Taken]) -> list[Mapping[str, Any]]:
    """The slices as they were sent, by uid, where they still are what the server made of that: to send it again would change
    nothing but their versions.
    """
    found: list[Mapping[str, Any]] = []
    for item in existing:
        known = taken.get(item["metadata"].get("uid", ""))
        still = known is not None and _same_spec(item["spec"], known.stored)
        found.append({**item, "spec": known.sent} if known is not None and still else item)
    return found


def _carry_taint_times(stored: Mapping[str, Any], wanted: Object) -> None:
    times = {
        (device["name"], taint["key"], taint.get("value"), taint.get("effect")): taint.get("timeAdded")
        for device in stored.get("devices") or ()
        for taint in device.get("taints") or ()
    }
    for device in wanted.get("devices") or ():
        for taint in device.get("taints") or ():
            when = times.get((device["name"], taint["key"], taint.get("value"), taint.get("effect")))
            if when and not taint.get("timeAdded"):
                taint["timeAdded"] = when


def diff_pool(
    driver: str,
    name: str,
    pool: Pool | None,
    existing: Sequence[Mapping[str, Any]],
    owner: Owner | None = None,
    names: SliceNames = BY_INDEX,
) -> Changes:
    """Changes for one pool; a pool that is None is not wanted any more."""
    changes = Changes()
    if pool is None:
        changes.delete = [dict(item) for item in existing]
        return changes
    generation = max((item["spec"]["pool"].get("generation", 0) for item in existing), default=0)
    current = [item for item in existing if item["spec"]["pool"].get("generation", 0) >= generation]
    matched = names.match(current, pool.slices)
    kept = {id(item) for item in matched.values()}
    obsolete = (item for item in existing if id(item) not in kept)
    changes.delete = [dict(item) for item in sorted(obsolete, key=lambda item: str(item["metadata"]["name"]))]
    wanted = _Wanted(driver, name, pool, owner, names)
    changed = [i for i, item in matched.items() if not _same_spec(item["spec"], wanted.spec(i, generation))]
    missing = [index for index in range(len(pool.slices)) if index not in matched]
    if pool.generation > generation:
        final = pool.generation
    elif not missing and len(changed) <= 1:
        final = generation
    else:
        final = generation + 1
    former = [i for i, item in matched.items() if owner is not None and owner.was_made_anew(item)]
    renewed = sorted(matched) if final != generation else sorted({*changed, *former})
    changes.update = [wanted.renewed(index, matched[index], final) for index in renewed]
    changes.create = [wanted.slice(index, final) for index in missing]
    return changes


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The slices of one pool as they should be, by their position in it."""

    driver: str
    name: str
    pool: Pool
    owner: Owner | None
    names: SliceNames

    def spec(self, index: int, generation: int) -> Object:
        spec = copy.deepcopy(dict(self.pool.slices[index]))
        spec["driver"] = self.driver
        spec["pool"] = {
            "name": self.name,
            "generation": generation,
            "resourceSliceCount": len(self.pool.slices),
        }
        owner = self.owner
        if owner is not None and owner.kind == "Node" and not spec.get("perDeviceNodeSelection"):
            spec["nodeName"] = owner.name
        if self.pool.node_selector is not None:
            spec["nodeSelector"] = copy.deepcopy(dict(self.pool.node_selector))
        if self.pool.all_nodes:
            spec["allNodes"] = True
        return spec

    def renewed(self, index: int, stored: Mapping[str, Any], generation: int) -> Object:
        """A stored slice with its new spec; taints that were there before keep their times."""
        made: Object = copy.deepcopy(dict(stored))
        spec = self.spec(index, generation)
        _carry_taint_times(made["spec"], spec)
        made["spec"] = spec
        if self.owner is not None and self.owner.was_made_anew(stored):
            made["metadata"]["ownerReferences"] = self.owner.references(stored)
        return made

    def slice(self, index: int, generation: int) -> Object:
        """A slice that is not there yet."""
        owner = self.owner
        of = owner.name if owner is not None else ""
        generated = self.names.generate(index, len(self.pool.slices), self.driver, of)
        metadata: Object = {"generateName": generated}
        if owner is not None:
            metadata["ownerReferences"] = [owner.reference()]
        return {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceSlice",
            "metadata": metadata,
            "spec": self.spec(index, generation),
        }
