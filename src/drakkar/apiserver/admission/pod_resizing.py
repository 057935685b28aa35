"""Keeps a pod from being given in place more than its node has in all, as upstream's PodResizeValidator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, text
from drakkar.api.pod_totals import amounts, containers_of
from drakkar.api.quantity import MILLI, NANO, Quantity
from drakkar.apiserver import errors
from drakkar.apiserver.admission.plugin import Plugin
from drakkar.apiserver.kinds import pod_level_resources
from drakkar.apiserver.kinds.pod_resizing import RESIZE
from drakkar.apiserver.storage.store import Store
from drakkar.quota.pods import total
from drakkar.validation.field_error import shown
from drakkar.validation.field_values import same

_SYSTEM = "kubernetes.io/os"
# In what a refusal counts them.
_UNITS = {"cpu": MILLI, "memory": NANO}
_NOTHING = Quantity(0)


class PodResizing(Plugin):
    """All of it, as an admission plugin; a pod without a node may ask for anything."""

    resources = frozenset({"/pods"})

    def mutate_part(self, new: Object, old: Object, subresource: str, store: Store) -> None:
        """Fill in what the pod takes as a whole, where it says a part of it."""
        if subresource == RESIZE:
            pod_level_resources.complete(new["spec"])

    def validate(self, new: Object, old: Object | None, subresource: str, store: Store) -> None:
        """Raises StatusError 403 for a node that is not there, cannot do it, is of another system, or has less."""
        node_name = text(new["spec"].get("nodeName"))
        if subresource != RESIZE or old is None or not node_name or new["spec"] == old["spec"]:
            return
        node = store.get(("/nodes", "", node_name))
        if node is None:
            raise _refused(new, f"node {shown(node_name)} not found")
        lacking = [name for name in _features(new["spec"], old["spec"]) if name not in _declared(node)]
        if lacking:
            features = ", ".join(lacking)
            said = (
                f"pod update requires features {features} which are not available on node {shown(node_name)}"
            )
            raise _refused(new, said)
        system = mapping(node["metadata"].get("labels")).get(_SYSTEM, "linux")
        if system != "linux":
            said = f"pod resize is only supported on linux nodes, node {shown(node_name)} is {shown(system)}"
            raise _refused(new, said, "UnsupportedPlatform")
        lacking = _lacking(new["spec"], mapping(node.get("status")).get("allocatable"))
        if lacking:
            said = f"node didn't have enough allocatable resources: {'; '.join(lacking)}"
            raise _refused(new, said, "NodeCapacity")


def _declared(node: Object) -> Sequence[object]:
    found = mapping(node.get("status")).get("declaredFeatures")
    return found if isinstance(found, list) else ()


def _features(new: Object, old: Object) -> Iterator[str]:
    """What a node must be able to do, and say so, for such a change (NodeDeclaredFeatureValidator)."""
    if not same(new.get("resources"), old.get("resources")):
        yield "InPlacePodLevelResourcesVerticalScaling"
    before = {one.get("name"): one for one in containers_of(old, "initContainers")}
    for one in containers_of(new, "initContainers"):
        known = before.get(one.get("name"), {})
        if one.get("restartPolicy") != "Always" and not same(one.get("resources"), known.get("resources")):
            yield "InPlacePodVerticalScalingInitContainers"
            return


def _lacking(spec: Object, allocatable: object) -> list[str]:
    """Of what the pod asks for more than the node has for all of its pods together."""
    asked, there = total({"spec": spec}, "requests"), amounts(allocatable)
    found = []
    for name, unit in _UNITS.items():
        wanted, most = asked.get(name, _NOTHING), there.get(name, _NOTHING)
        if most < wanted:
            found.append(f"{name}, requested: {wanted.value(unit)}, allocatable: {most.value(unit)}")
    return found


def _refused(pod: Object, why: str, reason: str = "") -> errors.StatusError:
    failure = errors.forbidden("", "pods", pod["metadata"].get("name", ""), why)
    if reason:
        failure.status["details"]["causes"] = [{"reason": reason}]
    return failure
