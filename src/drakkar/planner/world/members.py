"""A claim, a pod, and what the pods on a node take, as the planner's world holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from drakkar.api import core
from drakkar.api.object import Object, ObjectKey, Uid
from drakkar.api.resource import AllocationResult, ResourceClaim

_SCHEDULER_ERROR = ("PodScheduled", "False", "SchedulerError")


class WorkloadKey(NamedTuple):
    """A workload, among those of all kinds."""

    kind: str
    key: ObjectKey


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that is there, or that will be made: of a template, whose name is `template`, or for the resources that `extended`
    names.
    """

    uid: Uid
    struct: ResourceClaim
    template: str = ""
    allocation: AllocationResult | None = None
    deleting: bool = False
    extended: str = ""

    @property
    def label(self) -> str:
        """`namespace/name`."""
        return f"{self.struct.metadata.namespace}/{self.struct.metadata.name}"


@dataclass(frozen=True, slots=True)
class PodClaim:
    """One entry of a pod's resourceClaims with the claim it comes to, or why there is none."""

    entry: str
    claim: Claim | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod to place, with what planning it takes. `blocked` says why no node can help, whatever is free."""

    obj: Object
    namespace: str
    name: str
    origin: str
    claims: tuple[PodClaim, ...]
    struct: core.Pod
    priority: int = 0
    blocked: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def key(self) -> ObjectKey:
        """What names it."""
        return ObjectKey(self.namespace, self.name)

    @property
    def other_scheduler(self) -> str:
        """The scheduler that is to place it, where that is not the one that places pods by default."""
        name = self.struct.spec.scheduler_name
        return "" if name in ("", core.DEFAULT_SCHEDULER) else name

    @property
    def scheduler_error(self) -> str:
        """What went wrong when a live pod's scheduler tried to place it; nothing where it found no place, or succeeded."""
        status = self.obj.get("status")
        conditions = status.get("conditions") if isinstance(status, dict) else None
        for condition in conditions if isinstance(conditions, list) else ():
            told = condition if isinstance(condition, dict) else {}
            if (told.get("type"), told.get("status"), told.get("reason")) == _SCHEDULER_ERROR:
                return str(told.get("message") or "")
        return ""
