"""A pod of the node as it is stored, and as it is computed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drakkar.api.object import ObjectView, Uid, version_number
from drakkar.api.resource import decode
from drakkar.api.run_pod import RunContainer, RunPod

_MAIN_GRACE = 30


def stored_conditions(obj: ObjectView) -> tuple[ObjectView, ...]:
    """The conditions in a stored pod's status: those of others are passed on as they are."""
    return tuple((obj.get("status") or {}).get("conditions") or ())


@dataclass(frozen=True, slots=True)
class KnownPod:
    """Decoded once for each version that the API tells of."""

    # As events are told of it, which want to know its kind.
    obj: dict[str, Any]
    pod: RunPod

    @classmethod
    def of(cls, obj: ObjectView) -> KnownPod:
        """Of a pod as it is stored; DecodeError where it cannot be read."""
        return cls({"apiVersion": "v1", "kind": "Pod", **obj}, decode(RunPod, obj))

    @property
    def uid(self) -> Uid:
        return self.pod.metadata.uid

    @property
    def name(self) -> str:
        """With its namespace, for people."""
        return f"{self.pod.metadata.namespace}/{self.pod.metadata.name}"

    @property
    def version(self) -> int:
        """Which of two is the newer; 0 where nobody can tell."""
        return version_number(self.pod.metadata.resource_version)

    @property
    def containers(self) -> tuple[RunContainer, ...]:
        """Those of its initialization first."""
        return (*self.pod.spec.init_containers, *self.pod.spec.containers)

    @property
    def is_deleted(self) -> bool:
        """Whether it is to go."""
        return self.pod.metadata.deletion_timestamp is not None

    @property
    def restart_policy(self) -> str:
        """Of containers that have none of their own."""
        return self.pod.spec.restart_policy or "Always"

    @property
    def spec_grace(self) -> float:
        """Seconds that its containers have to end by themselves, by its spec."""
        seconds = self.pod.spec.termination_grace_period_seconds
        return float(_MAIN_GRACE if seconds is None else seconds)

    @property
    def grace(self) -> float:
        """The same; who deletes it may have said otherwise."""
        seconds = self.pod.metadata.deletion_grace_period_seconds
        return self.spec_grace if seconds is None else float(seconds)

    @property
    def conditions(self) -> tuple[ObjectView, ...]:
        """As they are stored."""
        return stored_conditions(self.obj)

    def volume_kind(self, name: str) -> str:
        """What a volume is called in the API that is of no kind known here."""
        volumes = (one for one in self.obj["spec"]["volumes"] if one["name"] == name)
        return next((key for volume in volumes for key in volume if key != "name"), "none")
