"""The one entrance for a single question: which devices these claims get on this node."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from drakkar.allocator.allocator import STEP_LIMIT, Allocator, random_share_id
from drakkar.allocator.answer.report import Reporter
from drakkar.allocator.compat import Quirks
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Outcome
from drakkar.allocator.supply.inventory import Inventory
from drakkar.allocator.supply.ledger import Ledger
from drakkar.api.features import Features
from drakkar.api.resource import ResourceClaim


def allocate(
    inventory: Inventory,
    ledger: Ledger,
    claims: Sequence[ResourceClaim],
    node: Node,
    features: Features | None = None,
    reporter: Reporter | None = None,
    step_limit: int = STEP_LIMIT,
    share_id: Callable[[], str] = random_share_id,
    compat: str | Quirks | None = None,
) -> Outcome:
    """Choose devices for all claims together, or none; nothing that is passed in is changed.

    Whoever asks often keeps an Allocator, which answers the same and remembers.
    """
    allocator = Allocator(inventory, ledger, features, compat, step_limit, share_id)
    return allocator.allocate(claims, node, reporter)
