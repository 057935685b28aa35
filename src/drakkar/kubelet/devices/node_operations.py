"""Which operations of drivers a claim lets its node leave out, and what a node declares of that (dra-semantics 7.1.8)."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.gates import Gates
from drakkar.api.resource import DeviceRequestAllocationResult

GATE = "DRAOptionalNodeOperations"
PREPARE, UNPREPARE = "NodePrepareResources", "NodeUnprepareResources"
_ALL = "*"


class GateOffError(Exception):
    """An operation is to be left out, and the node was not told that it may do that."""

    def __init__(self) -> None:
        super().__init__(f"{GATE} feature gate is disabled on kubelet")


def left_out(results: Iterable[DeviceRequestAllocationResult], gates: Gates) -> dict[str, list[str]]:
    """By driver, the operations that all of its results say to leave out; GateOffError."""
    common: dict[str, set[str]] = {}
    for result in results:
        operations = set(result.skip_node_operations)
        if _ALL in operations:
            operations = {_ALL, PREPARE, UNPREPARE}
        known = common.get(result.driver)
        common[result.driver] = operations if known is None else known & operations
    found = {driver: sorted(operations) for driver, operations in common.items() if operations}
    if found and GATE not in gates:
        raise GateOffError
    return found


def declared_features(gates: Gates) -> list[str]:
    """What a node says in its status that it can do, for schedulers to go by."""
    return [GATE] if GATE in gates else []
