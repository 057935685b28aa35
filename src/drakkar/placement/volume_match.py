"""Which volume a claim gets on a node, if any."""

from __future__ import annotations

from collections.abc import Container, Iterable

from drakkar.api.core import Amounts
from drakkar.api.node_selector import NodeSelectorError, match_terms
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.selectors import LabelSelector
from drakkar.api.storage import STORAGE, StorageClass, Volume, VolumeClaim

from .node_info import NodeInfo
from .term import selector


def size(amounts: Amounts) -> int:
    """Of a volume or of what a claim asks for, in billionths of a byte; nothing where it makes no sense."""
    try:
        return Quantity.parse(str(amounts.get(STORAGE, 0))).nanos
    except QuantityError:
        return 0


def reaches(volume: Volume, node: NodeInfo) -> bool:
    """Whether the node comes to the volume."""
    required = volume.spec.node_affinity.required
    if required is None:
        return True
    try:
        # Volumes choose nodes by labels alone.
        return match_terms(required, "", node.labels)
    except NodeSelectorError:
        return False


def allowed(found: StorageClass, node: NodeInfo) -> bool:
    """Whether volumes of the class may be made where the node comes to them."""
    terms = found.allowed_topologies
    return not terms or any(
        term.match_label_expressions
        and all(node.labels.get(one.key) in one.values for one in term.match_label_expressions)
        for term in terms
    )


def match(
    claim: VolumeClaim, volumes: Iterable[Volume], taken: Container[str], node: NodeInfo
) -> Volume | None:
    """The volume that is meant for the claim, else the smallest that does; `taken` are out of the question."""
    wanted = size(claim.spec.resources.requests)
    chosen = None if claim.spec.selector is None else selector(claim.spec.selector)
    best: tuple[int, str] | None = None
    found: Volume | None = None
    for volume in volumes:
        if not _comes_into_question(volume, claim, taken, wanted):
            continue
        if volume.is_of(claim):
            return volume if reaches(volume, node) else None
        if not _suits(volume, claim, chosen) or not reaches(volume, node):
            continue
        rank = size(volume.spec.capacity), volume.metadata.name
        if best is None or rank < best:
            best, found = rank, volume
    return found


def _comes_into_question(volume: Volume, claim: VolumeClaim, taken: Container[str], wanted: int) -> bool:
    spec, asked = volume.spec, claim.spec
    return (
        volume.metadata.name not in taken
        and (spec.claim_ref is None or volume.is_of(claim))
        and size(spec.capacity) >= wanted
        and spec.volume_mode == asked.volume_mode
        and spec.volume_attributes_class_name == asked.volume_attributes_class_name
        and volume.metadata.deletion_timestamp is None
    )


def _suits(volume: Volume, claim: VolumeClaim, chosen: LabelSelector | None) -> bool:
    if volume.status.phase != "Available" or not set(claim.spec.access_modes) <= set(
        volume.spec.access_modes
    ):
        return False
    return claim.spec.selector is None or (chosen is not None and chosen.matches(volume.metadata.labels))
