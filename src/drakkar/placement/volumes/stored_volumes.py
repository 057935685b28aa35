"""What volumes there are, and which placed pods use which claims: kept up to date by events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import NamedTuple

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.api.storage import StorageClass, Volume, VolumeClaim

_NONE: dict[str, Volume] = {}


class VolumeBindings(NamedTuple):
    """What is still to be done for a pod's volumes on a node: volumes for the claims they go to, and claims for which one is
    to be made.
    """

    found: tuple[tuple[VolumeClaim, str], ...] = ()
    to_make: tuple[VolumeClaim, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.found or self.to_make)


NOTHING_TO_BIND = VolumeBindings()


class StoredVolumes:
    """Claims, volumes and classes as they are stored, and what is on its way to them."""

    def __init__(self) -> None:
        self.claims: dict[ObjectKey, VolumeClaim] = {}
        self.volumes: dict[str, Volume] = {}
        self.classes: dict[str, StorageClass] = {}
        self._by_class: dict[str, dict[str, Volume]] = {}
        self._uses: Counter[ObjectKey] = Counter()
        # Volumes that were found for claims, and nodes for which volumes are to be made, until that is stored.
        self._found: dict[str, ObjectKey] = {}
        self._selected: dict[ObjectKey, str] = {}

    def copy(self) -> StoredVolumes:
        """One that changes by itself."""
        made = StoredVolumes()
        made.claims, made.volumes, made.classes = dict(self.claims), dict(self.volumes), dict(self.classes)
        made._by_class = {name: dict(volumes) for name, volumes in self._by_class.items()}
        made._uses = Counter(self._uses)
        made._found, made._selected = dict(self._found), dict(self._selected)
        return made

    # Events.

    def set_claim(self, key: ObjectKey, claim: VolumeClaim | None) -> None:
        """A claim is so now; None, it is gone."""
        if claim is None:
            self.claims.pop(key, None)
        else:
            self.claims[key] = claim

    def set_volume(self, name: str, volume: Volume | None) -> None:
        """A volume is so now; None, it is gone."""
        before = self.volumes.pop(name, None)
        if before is not None:
            del self._by_class[before.class_name][name]
            if not self._by_class[before.class_name]:
                del self._by_class[before.class_name]
        if volume is not None:
            self.volumes[name] = volume
            self._by_class.setdefault(volume.class_name, {})[name] = volume

    def set_class(self, name: str, found: StorageClass | None) -> None:
        """A class is so now; None, it is gone."""
        if found is None:
            self.classes.pop(name, None)
        else:
            self.classes[name] = found

    def used(self, pod: Pod, by: int) -> None:
        """A pod came to a node (1) or went (-1)."""
        for key in claim_keys(pod):
            self._uses[key] += by
            if not self._uses[key]:
                del self._uses[key]

    def expect(self, bindings: VolumeBindings, node: str) -> None:
        """This is on its way to be stored, for a pod that goes to the node."""
        for claim, volume in bindings.found:
            self._found[volume] = claim.key
        for claim in bindings.to_make:
            self._selected[claim.key] = node

    def forget(self, bindings: VolumeBindings) -> None:
        """What was expected is stored, or will not be."""
        for _, volume in bindings.found:
            self._found.pop(volume, None)
        for claim in bindings.to_make:
            self._selected.pop(claim.key, None)

    # Questions.

    def in_use(self, claim: ObjectKey) -> bool:
        """Whether a placed pod uses the claim."""
        return claim in self._uses

    def of_class(self, name: str) -> Collection[Volume]:
        """The volumes of a class."""
        return self._by_class.get(name, _NONE).values()

    def found_for(self, volume: str) -> ObjectKey | None:
        """The claim that the volume is on its way to."""
        return self._found.get(volume)

    def selected(self, key: ObjectKey) -> str | None:
        """The node for which a volume is on its way to be made for the claim."""
        return self._selected.get(key)


def claim_keys(pod: Pod) -> Iterator[ObjectKey]:
    """The claims that the pod's volumes name; those that are made for it alone are not among them."""
    for volume in pod.spec.volumes:
        source = volume.get("persistentVolumeClaim")
        if isinstance(source, dict):
            yield ObjectKey(pod.metadata.namespace, str(source.get("claimName") or ""))
