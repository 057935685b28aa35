"""What was found out about a node for claims holds for others that ask for the same; it is told of each by its name."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from drakkar.allocator import Failure, Node
from drakkar.api.resource import ResourceClaim
from drakkar.planner.findings import NodeFinding
from drakkar.planner.report.node_explainer import NodeExplainer
from drakkar.planner.report.phrases import claim_label
from drakkar.planner.why.refusal import Refusal


class Evidence:
    """Good for as long as the devices of the node are."""

    def __init__(self, explainer: NodeExplainer, claims: Sequence[ResourceClaim], node: Node) -> None:
        self._explainer = explainer
        self._node = node
        self._look(claims)

    def _look(self, claims: Sequence[ResourceClaim]) -> None:
        refusal = self._explainer.refusal(claims, self._node)
        self._labels = list(map(claim_label, claims))
        self._refusal = refusal
        self._finding = (
            NodeFinding(node=self._node.name) if refusal is None else self._explainer.told(refusal)
        )

    def told(self, claims: Sequence[ResourceClaim]) -> NodeFinding:
        """Of these claims, which ask for what those did that it was looked at for."""
        labels = list(map(claim_label, claims))
        if labels == self._labels or self._refusal is None:
            return self._finding
        if isinstance(self._refusal.outcome, Failure):
            # The words are the allocator's.
            self._look(claims)
            return self._finding
        self._labels = labels
        self._finding = (
            _with_claim(self._finding, *labels) if len(labels) == 1 else self._again(self._refusal, claims)
        )
        return self._finding

    def _again(self, refusal: Refusal, claims: Sequence[ResourceClaim]) -> NodeFinding:
        return self._explainer.told(refusal._replace(report=refusal.report.asked_by(claims)))


def _with_claim(finding: NodeFinding, label: str) -> NodeFinding:
    """Of one claim no sentence speaks by its name, so that it needs no new words."""
    requests = tuple(msgspec.structs.replace(request, claim=label) for request in finding.requests)
    conflicts = tuple(msgspec.structs.replace(one, claim=label) for one in finding.conflicts)
    changes = tuple(
        msgspec.structs.replace(one, claim=label) if one.claim else one for one in finding.would_fit_if
    )
    return msgspec.structs.replace(finding, requests=requests, conflicts=conflicts, would_fit_if=changes)
