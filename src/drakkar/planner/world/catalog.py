"""Sorts objects of any origin by kind, checked and in the form an API server would have stored; later ones replace earlier.

An object that cannot be used is left out, and costs only itself.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from drakkar.api.features import Features
from drakkar.api.object import Object, ObjectKey, key_of
from drakkar.api.shapes import wrong_shape
from drakkar.planner.world.faults import Faults
from drakkar.sources.as_stored import as_stored, normal, with_defaults
from drakkar.sources.source import InputError, Sourced
from drakkar.sources.workloads import WORKLOADS
from drakkar.validation import validate
from drakkar.validation.field_error import Findings
from drakkar.validation.object_meta import Rules, object_meta

_DRA = "resource.k8s.io"
_DRA_KINDS = frozenset(
    {"DeviceClass", "DeviceTaintRule", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"}
)
_NAMESPACED = frozenset(
    {
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "ReplicationController",
        "ResourceClaim",
        "ResourceClaimTemplate",
        "Service",
        *WORKLOADS,
    }
)
_GROUPS = {
    "": frozenset(
        {
            "Namespace",
            "Node",
            "Pod",
            "ReplicationController",
            "Service",
            "PersistentVolume",
            "PersistentVolumeClaim",
        }
    ),
    "apps": frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"}),
    "batch": frozenset({"Job"}),
    "policy": frozenset({"PodDisruptionBudget"}),
    "scheduling.k8s.io": frozenset({"PriorityClass"}),
    "storage.k8s.io": frozenset({"StorageClass"}),
    _DRA: _DRA_KINDS,
}
# Their pods are not planned; leaving them out in silence would be a wrong answer.
_UNEXPANDED = frozenset({"CronJob", "ReplicationController", "PodTemplate", "JobSet", "LeaderWorkerSet"})
_LONGEST_LABEL = 200
_ANY_NAME = Rules(lambda name: [])
_log = logging.getLogger(__name__)


class Catalog:
    """The objects by kind, and in each kind by namespace and name."""

    def __init__(self, sources: Iterable[Sourced], features: Features) -> None:
        """`features` are what new objects may use."""
        self._features = features
        self.kinds: dict[str, dict[ObjectKey, Sourced]] = {}
        self.unexpanded: Counter[str] = Counter()
        self.faults = Faults()
        for source in sources:
            try:
                self._take(source)
            except InputError as error:
                self.faults.add(source, self._named(source), error.problems)
            except Exception as error:
                # What no rule foresaw in it must not cost the others.
                _log.debug("%s", source.where, exc_info=error)
                why = f"cannot be read: {type(error).__name__}"
                self.faults.add(
                    source, self._named(source), [f"{source.where} ({_label(source.obj)}): {why}"]
                )

    def drop(self, kind: str, key: ObjectKey, problems: list[str]) -> None:
        """Leave out an object after all."""
        source = self.kinds[kind].pop(key)
        self.faults.add(source, (kind, key), problems)

    def _named(self, source: Sourced) -> tuple[str, ObjectKey] | None:
        """Kind and name of an object, if that much of it can be read; one of that name before it is not meant."""
        metadata, kind = source.obj.get("metadata"), source.obj.get("kind")
        if not isinstance(metadata, dict) or not isinstance(kind, str):
            return None
        namespace = (metadata.get("namespace") or "default") if kind in _NAMESPACED else ""
        key = ObjectKey(str(namespace), str(metadata.get("name")))
        self.kinds.get(kind, {}).pop(key, None)
        return kind, key

    def of(self, kind: str) -> dict[ObjectKey, Sourced]:
        """The objects of a kind."""
        return self.kinds.get(kind, {})

    def _take(self, source: Sourced) -> None:
        kind = source.obj.get("kind", "")
        group = str(source.obj.get("apiVersion", "")).rpartition("/")[0]
        if not isinstance(kind, str):
            return
        if kind in _UNEXPANDED:
            self.unexpanded[kind] += 1
        if kind not in _GROUPS.get(group, ()):
            return
        obj = self._with_name(kind, source)
        metadata = obj["metadata"]
        label = "/".join(str(metadata[key]) for key in ("namespace", "name") if metadata.get(key))
        where = f"{source.where} ({kind} {label})"
        if group == _DRA:
            try:
                obj = as_stored(obj)
            except InputError as error:
                raise InputError([f"{where}: {problem}" for problem in error.problems]) from None
        wrong = wrong_shape(group, kind, obj)
        if wrong is not None:
            raise InputError([f"{where}: {wrong}"])
        if not source.stored:
            self._check_metadata(metadata, where)
        if group == _DRA:
            obj = with_defaults(obj)
            if not source.stored:
                self._check(obj, where)
        key = key_of(obj)
        known = self.kinds.setdefault(kind, {})
        before = known.get(key)
        if before is not None:
            obj = _applied(before.obj, obj)
        known[key] = Sourced(obj, where, source.stored)

    def _with_name(self, kind: str, source: Sourced) -> Object:
        """The object with the namespace and the name that a server would give it."""
        obj: Object = normal(source.obj)
        metadata = obj.get("metadata")
        if not isinstance(metadata, dict):
            raise InputError([f"{source.where} ({kind}): metadata is missing"])
        if kind in _NAMESPACED:
            obj = {**obj, "metadata": {**metadata, "namespace": metadata.get("namespace") or "default"}}
            metadata = obj["metadata"]
        if "name" not in metadata and isinstance(metadata.get("generateName"), str):
            name = f"{metadata['generateName']}{len(self.of(kind))}"
            obj = {**obj, "metadata": {**metadata, "name": name}}
        return obj

    def _check_metadata(self, metadata: Object, where: str) -> None:
        # How its name is formed is its kind's affair, and often it has none yet.
        found = Findings()
        object_meta(found, {**metadata, "generateName": ""}, _ANY_NAME)
        if found.listed():
            raise InputError([f"{where}: {error.field}: {error.message}" for error in found.listed()])

    def _check(self, obj: Object, where: str) -> None:
        found = validate(obj["kind"], obj, features=self._features)
        if found:
            raise InputError([f"{where}: {error.field}: {error.message}" for error in found])


def _label(obj: Object) -> str:
    metadata = obj.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return f"{obj.get('kind')} {name}"[:_LONGEST_LABEL]


def _applied(before: Object, after: Object) -> Object:
    """As `kubectl apply` would leave it: the object stays the same one, and its status what it was."""
    kept = {k: before["metadata"][k] for k in ("uid", "creationTimestamp") if k in before["metadata"]}
    merged = {**after, "metadata": {**kept, **after["metadata"]}}
    if "status" not in after and "status" in before:
        merged["status"] = before["status"]
    return merged
