"""The one entrance: which devices these claims get on this node."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from drakkar.allocator.inventory import Inventory
from drakkar.allocator.ledger import Ledger
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Allocated, Failure, NoSolution, Outcome, Refused
from drakkar.allocator.pools import gather
from drakkar.allocator.report import Reporter
from drakkar.allocator.requests import plan
from drakkar.allocator.result import assemble
from drakkar.allocator.search import Problem, search
from drakkar.api.features import Features
from drakkar.api.node_selector import NodeSelectorError
from drakkar.api.quantity import QuantityError
from drakkar.api.resource import ResourceClaim

# Enough for every case that is not made to be hard, and over in seconds for those that are.
STEP_LIMIT = 200_000


def _random_share_id() -> str:
    return str(uuid.uuid4())


def allocate(
    inventory: Inventory,
    ledger: Ledger,
    claims: Sequence[ResourceClaim],
    node: Node,
    features: Features | None = None,
    reporter: Reporter | None = None,
    step_limit: int = STEP_LIMIT,
    share_id: Callable[[], str] = _random_share_id,
) -> Outcome:
    """Choose devices for all claims together, or none; nothing that is passed in is changed.

    For the same inventory, ledger, claims and node the answer is always the same, but for share ids. Claims that
    already have an allocation must not be among `claims`: they are in the ledger.
    """
    features = Features.default() if features is None else features
    try:
        pools = gather(inventory, node, features)
        plans = plan(claims, inventory.classes, features)
        if reporter is not None:
            reporter.gathering(pools)
        problem = Problem(plans, pools, ledger, node, features, reporter, share_id)
        found = search(problem, step_limit)
        if isinstance(found, NoSolution):
            if not found.limit_reached and any(pool.invalid for pool in pools):
                return Failure("invalid resource pools were encountered", on_node=True)
            return found
        state, steps = found
        return Allocated(assemble(plans, state.asks, state.picks, node, features), steps)
    except Refused as refused:
        return refused.failure
    except (NodeSelectorError, QuantityError) as error:
        # The API server lets no such object in; programs that feed this function themselves may.
        return Failure(str(error))
