"""Which volume a claim gets on a node, if any."""

from __future__ import annotations

from collections.abc import Container, Iterable

from drakkar.api.core import Amounts
from drakkar.api.node_selector import NodeSelectorError, match_terms
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.selectors import LabelSelector
from drakkar.api.storage import STORAGE, StorageClass, Volume, VolumeClaim
from drakkar.placement.node.node_info import NodeInfo
from drakkar.placement.terms.term import selector


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


class Candidates:
    """The volumes that a claim could get, the smallest first; found by the labels of nodes where these decide, so that few are
    looked at for a node.
    """

    __slots__ = ("_anywhere", "_at", "_meant", "_ranked")

    def __init__(self, claim: VolumeClaim, volumes: Iterable[Volume]) -> None:
        wanted = size(claim.spec.resources.requests)
        chosen = None if claim.spec.selector is None else selector(claim.spec.selector)
        there = [one for one in volumes if _comes_into_question(one, claim, wanted)]
        self._meant = next((one for one in there if one.is_of(claim)), None)
        able = [] if self._meant is not None else [one for one in there if _suits(one, claim, chosen)]
        self._ranked = sorted(able, key=lambda one: (size(one.spec.capacity), one.metadata.name))
        self._at: dict[tuple[str, str], list[int]] = {}
        self._anywhere: list[int] = []
        for rank, volume in enumerate(self._ranked):
            for ranks in self._places(volume):
                ranks.append(rank)

    def _places(self, volume: Volume) -> list[list[int]]:
        required = volume.spec.node_affinity.required
        terms = () if required is None else required.node_selector_terms
        first = terms[0].match_expressions[:1] if len(terms) == 1 else ()
        for one in first:
            if one.operator == "In":
                return [self._at.setdefault((one.key, value), []) for value in dict.fromkeys(one.values)]
        return [self._anywhere]

    def on(self, node: NodeInfo, taken: Container[str]) -> Volume | None:
        """The volume that is meant for the claim, else the smallest that does; `taken` are out of the question."""
        if self._meant is not None:
            return self._meant if reaches(self._meant, node) else None
        ranks = list(self._anywhere)
        if self._at:
            for label in node.labels.items():
                ranks += self._at.get(label, ())
        for rank in sorted(ranks):
            volume = self._ranked[rank]
            if volume.metadata.name not in taken and reaches(volume, node):
                return volume
        return None


def _comes_into_question(volume: Volume, claim: VolumeClaim, wanted: int) -> bool:
    spec, asked = volume.spec, claim.spec
    return (
        (spec.claim_ref is None or volume.is_of(claim))
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
