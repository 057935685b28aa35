"""The allocator: which devices a claim gets on a node. Pure: no I/O, no clock, no event loop.

`Inventory` holds what there is, `Ledger` what is in use; `allocate` chooses, and a `Reporter` hears why.
"""

from drakkar.allocator.allocate import allocate
from drakkar.allocator.allocator import STEP_LIMIT, Allocator, Asked
from drakkar.allocator.alternatives import alternatives_score
from drakkar.allocator.device import DeviceKey
from drakkar.allocator.inventory import Inventory
from drakkar.allocator.ledger import Ledger
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Allocated, Failure, NoSolution, Outcome
from drakkar.allocator.report import Reporter
from drakkar.allocator.tried import Nodes

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
    "Reporter",
    "allocate",
    "alternatives_score",
]
