"""What PersistentVolumeClaims use: their number and storage, all together and by storage class."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, text
from drakkar.api.pod_totals import amounts, resources_of
from drakkar.api.quantity import NANO, Quantity
from drakkar.quota import scopes
from drakkar.quota.counted import count_name
from drakkar.quota.evaluator import ONE, Evaluator, Measured, World
from drakkar.quota.scopes import Requirement

_COUNT = count_name("", "persistentvolumeclaims")
_CLAIMS, _STORAGE = "persistentvolumeclaims", "requests.storage"
_OF_CLASS = ".storageclass.storage.k8s.io/"
# How the class was told before there was a field for it; where it is there it counts.
_OLD_CLASS = "volume.beta.kubernetes.io/storage-class"


class VolumeClaimEvaluator(Evaluator):
    """What one uses may change, and so may the class of its volume's attributes."""

    def names(self, hard: Iterable[str], world: World) -> set[str]:
        """Theirs, and those for one storage class."""
        ends = tuple(f"{_OF_CLASS}{name}" for name in (_CLAIMS, _STORAGE))
        return {name for name in hard if name in (_COUNT, _CLAIMS, _STORAGE) or name.endswith(ends)}

    def measure(self, obj: Object, world: World) -> Measured:
        """What a claim uses."""
        used = {_CLAIMS: ONE, _COUNT: ONE}
        storage = _storage(obj)
        if storage is not None:
            used[_STORAGE] = storage
        storage_class = _class(obj)
        if storage_class:
            used |= {
                f"{storage_class}{_OF_CLASS}{name}": used[name]
                for name in (_CLAIMS, _STORAGE)
                if name in used
            }
        names = attribute_classes(obj)

        def holds(requirement: Requirement) -> bool:
            return requirement.scope == scopes.ATTRIBUTES_CLASS and requirement.holds_of_any(names)

        return Measured(used, holds)

    def concerns(self, new: Object, old: Object | None, subresource: str) -> bool:
        """Any write of the whole; of the status, what its volume has come to and is of."""
        return not subresource or (subresource == "status" and old is not None and self.frees(new, old))

    def frees(self, new: Object, old: Object) -> bool:
        """It takes another amount, or is of another class."""
        return (
            _storage(new) != _storage(old)
            or _class(new) != _class(old)
            or attribute_classes(new) != attribute_classes(old)
        )


def attribute_classes(claim: Object) -> set[str]:
    """The VolumeAttributesClasses that it is of, was of, or comes to be of."""
    spec, status = mapping(claim.get("spec")), mapping(claim.get("status"))
    target = mapping(status.get("modifyVolumeStatus")).get("targetVolumeAttributesClassName")
    names = (spec.get("volumeAttributesClassName"), status.get("currentVolumeAttributesClassName"), target)
    return {name for name in map(text, names) if name}


def _class(claim: Object) -> str:
    told = mapping(mapping(claim.get("metadata")).get("annotations")).get(_OLD_CLASS)
    return text(told) if told is not None else text(mapping(claim.get("spec")).get("storageClassName"))


def _storage(claim: Object) -> Quantity | None:
    """What is asked for, or what has been taken for it already, in whole bytes."""
    asked = amounts(resources_of(mapping(claim.get("spec"))).get("requests")).get("storage")
    if asked is None:
        return None
    taken = amounts(mapping(claim.get("status")).get("allocatedResources")).get("storage", asked)
    most = max(asked, taken)
    return most if most.nanos % NANO == 0 else Quantity(-(-most.nanos // NANO) * NANO, most.family)
