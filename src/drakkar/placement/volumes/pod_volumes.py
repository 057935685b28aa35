"""What a pod's volumes have to say about nodes: claims that are bound, that are to be bound, and disks that only one may have."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey
from drakkar.api.storage import ONE_POD, SELECTED_NODE, VolumeClaim
from drakkar.placement import reason
from drakkar.placement.node.disks import Disk, disks_of
from drakkar.placement.node.node_info import NodeInfo
from drakkar.placement.reason import Reason
from drakkar.placement.volumes.stored_volumes import (
    NOTHING_TO_BIND,
    StoredVolumes,
    VolumeBindings,
    claim_keys,
)
from drakkar.placement.volumes.volume_match import Candidates, allowed, reaches, size
from drakkar.placement.volumes.volume_zone import in_zone


class PodVolumes:
    """Of one pod, as things are now."""

    def __init__(self, pod: Pod, stored: StoredVolumes) -> None:
        self._pod, self._stored = pod, stored
        self._disks: tuple[Disk, ...] = disks_of(pod)
        self._bound: list[VolumeClaim] = []
        self._waiting: list[VolumeClaim] = []
        self._only_one_may = False
        self._candidates: dict[ObjectKey, Candidates] = {}
        # By node, where it was asked for; None where a claim gets no volume.
        self._found: dict[str, VolumeBindings | None] = {}
        # Why no node will do at present; nothing if there may be one.
        self.refusal = self._refused()
        self._waiting.sort(key=lambda claim: size(claim.spec.resources.requests))

    def _refused(self) -> str:
        named = list(claim_keys(self._pod))
        for key in named:
            claim = self._stored.claims.get(key)
            if claim is None:
                return f'persistentvolumeclaim "{key.name}" not found'
            self._only_one_may |= ONE_POD in claim.spec.access_modes and self._stored.in_use(key)
        unbound = ""
        for key, own in _all_claims(self._pod):
            claim = self._stored.claims.get(key)
            why = self._useless(key, claim, own)
            if claim is None or why:
                return why
            unbound = unbound or self._sort(claim)
        return unbound or next((why for key in named if (why := self._without_volume(key))), "")

    def _useless(self, key: ObjectKey, claim: VolumeClaim | None, own: bool) -> str:
        if claim is None:
            return f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{key.name}"'
        if claim.status.phase == "Lost":
            volume = claim.spec.volume_name
            return f'persistentvolumeclaim "{key.name}" bound to non-existent persistentvolume "{volume}"'
        if claim.metadata.deletion_timestamp is not None:
            return f'persistentvolumeclaim "{key.name}" is being deleted'
        owner, pod = claim.metadata.controller, self._pod.metadata
        if own and (owner is None or owner.uid != pod.uid):
            label = f"{pod.namespace}/{pod.name}"
            return f"PVC {key[0]}/{key[1]} was not created for pod {label} (pod is not owner)"
        return ""

    def _sort(self, claim: VolumeClaim) -> str:
        if claim.is_bound:
            self._bound.append(claim)
            return ""
        found = self._stored.classes.get(claim.class_name)
        if found is None or not found.waits or claim.spec.volume_name:
            return "pod has unbound immediate PersistentVolumeClaims"
        self._waiting.append(claim)
        return ""

    def _without_volume(self, key: ObjectKey) -> str:
        name = self._stored.claims[key].spec.volume_name
        return f'persistentvolume "{name}" not found' if name and name not in self._stored.volumes else ""

    def objections(self, node: NodeInfo) -> list[Reason]:
        """Why the volumes keep the pod from the node, of the first kind that does; upstream's order."""
        if self._disks and any(
            one.clashes(other) for one in self._disks for there in node.disks.values() for other in there
        ):
            return [Reason(reason.NO_DISK, "a pod there has a disk that only one may have")]
        if self._only_one_may:
            return [Reason(reason.ONE_POD_ALONE, "another pod uses a ReadWriteOncePod claim of the pod's")]
        return self._out_of_reach(node) or self._unbindable(node) or self._elsewhere(node)

    def _out_of_reach(self, node: NodeInfo) -> list[Reason]:
        for claim in self._bound:
            volume = self._stored.volumes.get(claim.spec.volume_name)
            told = f"claim {claim.metadata.name} has volume {claim.spec.volume_name}, which"
            if volume is None:
                found = [Reason(reason.NO_VOLUME, f"{told} does not exist")]
                return [*self._unbindable(node), *found]
            if not reaches(volume, node):
                found = [Reason(reason.VOLUME_ELSEWHERE, f"{told} the node does not come to")]
                return [*found, *self._unbindable(node)]
        return []

    def _unbindable(self, node: NodeInfo) -> list[Reason]:
        if not self._waiting or self._bindings(node) is not None:
            return []
        names = ", ".join(one.metadata.name for one in self._waiting)
        return [Reason(reason.NOTHING_TO_BIND, f"there is no volume for {names}, and none is made")]

    def _elsewhere(self, node: NodeInfo) -> list[Reason]:
        for key in claim_keys(self._pod):
            volume = self._stored.volumes.get(self._stored.claims[key].spec.volume_name)
            if volume is not None and not in_zone(volume, node):
                return [Reason(reason.NO_ZONE, f"volume {volume.metadata.name} is in another zone")]
        return []

    def fits(self, node: NodeInfo) -> bool:
        """Whether nothing keeps the pod from the node."""
        return not self.objections(node)

    def on(self, node: NodeInfo) -> VolumeBindings:
        """What is still to be done for the pod's volumes there."""
        return (self._bindings(node) if self._waiting else None) or NOTHING_TO_BIND

    def score(self, node: NodeInfo) -> int:
        """Upstream's VolumeBinding, of 100: the more of the volumes that would be bound stays unused the better."""
        found = self._bindings(node) if self._waiting else None
        if found is None or not found.found:
            return 0
        by_class: dict[str, tuple[int, int]] = {}
        for claim, name in found.found:
            volume = self._stored.volumes[name]
            asked, has = by_class.get(volume.spec.storage_class_name, (0, 0))
            by_class[volume.spec.storage_class_name] = (
                asked + size(claim.spec.resources.requests),
                has + size(volume.spec.capacity),
            )
        free = [100 - asked * 100 // has if has and asked <= has else 0 for asked, has in by_class.values()]
        return int(sum(free) / len(free) + 0.5)

    def _bindings(self, node: NodeInfo) -> VolumeBindings | None:
        """None where a claim gets no volume."""
        if node.name not in self._found:
            self._found[node.name] = self._find(node)
        return self._found[node.name]

    def _find(self, node: NodeInfo) -> VolumeBindings | None:
        stored = self._stored
        found: list[tuple[VolumeClaim, str]] = []
        to_make: list[VolumeClaim] = []
        taken: set[str] = set()
        for claim in self._waiting:
            selected = stored.selected(claim.key) or claim.metadata.annotations.get(SELECTED_NODE)
            if selected is not None and selected != node.name:
                return None
            volume = None if selected is not None else self._match(claim, taken, node)
            if volume is not None:
                found.append((claim, volume))
                taken.add(volume)
                continue
            made_of = stored.classes[claim.class_name]
            if not made_of.provisions or not allowed(made_of, node):
                return None
            to_make.append(claim)
        return VolumeBindings(tuple(found), tuple(to_make))

    def _match(self, claim: VolumeClaim, taken: set[str], node: NodeInfo) -> str | None:
        candidates = self._candidates.get(claim.key)
        if candidates is None:
            stored = self._stored
            there = (
                volume
                for volume in stored.of_class(claim.class_name)
                if stored.found_for(volume.metadata.name) in (None, claim.key)
            )
            candidates = self._candidates[claim.key] = Candidates(claim, there)
        found = candidates.on(node, taken)
        return None if found is None else found.metadata.name


def _all_claims(pod: Pod) -> Iterator[tuple[ObjectKey, bool]]:
    """The claims of the pod's volumes in their order, each with whether it is made for the pod alone."""
    for volume in pod.spec.volumes:
        source = volume.get("persistentVolumeClaim")
        if isinstance(source, dict):
            yield ObjectKey(pod.metadata.namespace, str(source.get("claimName") or "")), False
        elif volume.get("ephemeral") is not None:
            yield ObjectKey(pod.metadata.namespace, f"{pod.metadata.name}-{volume.get('name')}"), True


def matter_for(volumes: tuple[Object, ...]) -> bool:
    """Whether any of a pod's volumes could decide where it goes."""
    return any(not one.keys().isdisjoint(_DECIDING) for one in volumes)


_DECIDING = frozenset(
    {"persistentVolumeClaim", "ephemeral", "gcePersistentDisk", "awsElasticBlockStore", "iscsi", "rbd"}
)
