"""Why a node has no devices for a pod's claims, told: request by request, device by device, and together; and what the
least is that would have to be otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.allocator import Failure, Inventory, Ledger, Node
from drakkar.allocator.supply.pools import Pool
from drakkar.api.features import Features
from drakkar.api.resource import ResourceClaim
from drakkar.planner.findings import Change, NodeFinding, PoolFault
from drakkar.planner.report.change_text import ChangeText
from drakkar.planner.report.conflict_text import conflict_finding
from drakkar.planner.report.holders import Holders, Whose
from drakkar.planner.report.phrases import claim_label
from drakkar.planner.report.request_finding import RequestFindings
from drakkar.planner.report.summary import unmet
from drakkar.planner.report.together_text import together
from drakkar.planner.why.refusal import STEPS, Refusal, Refusals
from drakkar.planner.why.remedies import Remedy, WhyNot
from drakkar.planner.why.smallest_set import MOST


class NodeExplainer:
    """Explains nodes as they stand, one after the other; what it learned of a node serves for those that are alike."""

    def __init__(
        self,
        inventory: Inventory,
        ledger: Ledger,
        features: Features,
        whose: Whose,
        compat: str | None = None,
        step_limit: int = STEPS,
    ) -> None:
        self._refusals = Refusals(inventory, ledger, features, compat, step_limit)
        self._holders = Holders(ledger, whose)
        self._requests = RequestFindings(self._holders)

    def explain(self, claims: Sequence[ResourceClaim], node: Node) -> NodeFinding:
        """Why the claims' devices cannot be had on the node; nothing is set in the answer if they can."""
        refusal = self.refusal(claims, node)
        return NodeFinding(node=node.name) if refusal is None else self.told(refusal)

    def refusal(self, claims: Sequence[ResourceClaim], node: Node) -> Refusal | None:
        """What the allocator says of the node; None where the claims' devices can be had there."""
        return self._refusals.of(claims, node)

    def told(self, refusal: Refusal) -> NodeFinding:
        """A refusal in words."""
        report = refusal.report
        requests = tuple(self._requests.of(report, ask) for ask in report.asks)
        met = not unmet(requests)
        return NodeFinding(
            node=report.node.name,
            pools=tuple(_pool_fault(account.pool) for account in report.pools if not account.pool.usable),
            requests=requests,
            together=together(report) if met else (),
            conflicts=tuple(
                conflict_finding(one, claim_label(report.claims[one.asks[0].claim_index]))
                for one in refusal.conflicts()
            )
            if met
            else (),
            failure=_failure(refusal),
            would_fit_if=self._changes(refusal),
            no_change=_no_change(refusal.remedy) if refusal.remedy is not None else "",
        )

    def _changes(self, refusal: Refusal) -> tuple[Change, ...]:
        if refusal.remedy is None:
            return ()
        obstacles, amounts, *_ = refusal.remedy
        text = ChangeText(refusal.report, self._holders)
        return tuple(text.change(one, amounts) for one in sorted(obstacles, key=lambda o: o.rank))


def _pool_fault(pool: Pool) -> PoolFault:
    fault = f"incomplete: {pool.incomplete}" if pool.incomplete else f"invalid: {pool.invalid}"
    return PoolFault(driver=pool.key[0], pool=pool.key[1], fault=fault)


def _failure(refusal: Refusal) -> str:
    outcome = refusal.outcome
    if isinstance(outcome, Failure):
        return outcome.told
    if outcome.limit_reached:
        return f"the search was ended after {outcome.steps:,} steps without an answer"
    return ""


def _no_change(remedy: Remedy) -> str:
    match remedy.why_not:
        case WhyNot.NOT_LOOKED_FOR:
            return "what would have to change was not looked for: too many other nodes were looked at"
        case WhyNot.NONE_SO_SMALL:
            return f"no {MOST} changes or fewer would make it fit"
        case WhyNot.NONE_FOUND:
            return f"no small set of changes was found that would make it fit ({remedy.tries} tried)"
    return ""
