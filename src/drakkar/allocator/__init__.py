"""The allocator: which devices a claim gets on a node. Pure: no I/O, no clock, no event loop.

`Inventory` holds what there is, `Ledger` what is in use; `allocate` chooses, and a `Reporter` hears why.
"""

from drakkar.allocator.allocate import allocate
from drakkar.allocator.allocator import STEP_LIMIT, Allocator, Asked
from drakkar.allocator.answer.alternatives import alternatives_score
from drakkar.allocator.answer.report import Reporter
from drakkar.allocator.device import DeviceKey
from drakkar.allocator.learned.tried import Nodes
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Allocated, Failure, NoSolution, Outcome, PausedError
from drakkar.allocator.rules.taints import tolerates
from drakkar.allocator.supply.inventory import Inventory
from drakkar.allocator.supply.ledger import Ledger

__all__ = [
    "STEP_LIMIT",
    "Allocated",
    "Allocator",
    "Asked",
    "DeviceKey",
    "Failure",
    "Inventory",
    "Ledger",
    "NoSolution",
    "Node",
    "Nodes",
    "Outcome",
    "PausedError",
    "Reporter",
    "allocate",
    "alternatives_score",
    "tolerates",
]
