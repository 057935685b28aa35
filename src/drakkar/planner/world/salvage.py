"""What of a pod that is left out still counts: the room that it takes on its node."""

from __future__ import annotations

from drakkar.api.core import Metadata, Pod, PodSpec
from drakkar.api.object import Object
from drakkar.api.quantity import QuantityError
from drakkar.api.resource import DecodeError, decode
from drakkar.placement import Needs


def seat_of(pod: Object) -> tuple[str, Pod] | None:
    """The node of a pod that cannot be read as a whole, and as much of the pod as can be counted there."""
    spec, status = pod.get("spec"), pod.get("status")
    node = spec.get("nodeName") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(node, str) or not node:
        return None
    if isinstance(status, dict) and status.get("phase") in ("Succeeded", "Failed"):
        return None
    metadata = Metadata(name="left out")
    for fields in (("containers", "initContainers"), ("containers",)):
        legible = {field: spec.get(field) for field in fields}
        try:
            found = Pod(metadata=metadata, spec=decode(PodSpec, {"nodeName": node, **legible}))
            Needs(found)
        except (DecodeError, QuantityError):
            continue
        return node, found
    # Whatever it is that cannot be read, the pod takes a place all the same.
    return node, Pod(metadata=metadata, spec=PodSpec(node_name=node))
