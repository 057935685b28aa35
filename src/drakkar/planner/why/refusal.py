"""Asks the allocator why a node has no devices for claims, and what the least is that would have to be otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from drakkar.allocator import Failure, Inventory, Ledger, Node, NoSolution, allocate
from drakkar.allocator.compat import Quirks
from drakkar.allocator.switches import Switches
from drakkar.api.features import Features
from drakkar.api.resource import ResourceClaim
from drakkar.planner.why.conflicts import Conflict, conflicts
from drakkar.planner.why.node_report import NodeReport
from drakkar.planner.why.remedies import Remedies, Remedy

# Enough to see what stands against what; a search that is made to be hard is not waited for.
STEPS = 20_000


class Refusal(NamedTuple):
    """What the allocator said of the node. No remedy was looked for where the search was ended."""

    report: NodeReport
    outcome: NoSolution | Failure
    switches: Switches
    remedy: Remedy | None

    def conflicts(self) -> tuple[Conflict, ...]:
        """Devices that constraints keep apart."""
        return conflicts(self.report, self.switches)


class Refusals:
    """Looks at nodes as they stand, one after the other; what it learned of a node serves for those that are alike."""

    def __init__(
        self, inventory: Inventory, ledger: Ledger, features: Features, compat: str | None, step_limit: int
    ) -> None:
        self._inventory = inventory
        self._ledger = ledger
        self._features = features
        self._step_limit = step_limit
        self._quirks = Quirks.of(compat)
        self._switches = Switches(features, self._quirks)
        self._remedies = Remedies(inventory, ledger, features, self._quirks)

    def of(self, claims: Sequence[ResourceClaim], node: Node) -> Refusal | None:
        """Why the claims' devices cannot be had on the node; None if they can."""
        report = NodeReport(claims, node)
        outcome = allocate(
            *(self._inventory, self._ledger, claims, node, self._features, report),
            step_limit=self._step_limit,
            share_id=lambda: "probe",
            compat=self._quirks,
        )
        if not isinstance(outcome, Failure | NoSolution):
            return None
        ended = isinstance(outcome, NoSolution) and outcome.limit_reached
        return Refusal(report, outcome, self._switches, None if ended else self._remedies.find(report))
