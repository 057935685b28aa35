"""`drakkar allocate`: the allocator as a pipe, a JSON case a line in, a JSON answer a line out."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from drakkar.allocator import Allocated, Failure, Inventory, Ledger, Node, allocate
from drakkar.api.features import Features
from drakkar.api.resource import DecodeError, DeviceClass, ResourceClaim, ResourceSlice, decode, encode

T = TypeVar("T")
_NO_SOLUTION = "the search reached its limit of steps"


class CaseError(ValueError):
    """The line is no case; the message names the key."""


def _many(case: dict[str, Any], key: str, kind: type[T]) -> list[T]:
    found = case.get(key) or []
    if not isinstance(found, list):
        raise CaseError(f"{key}: want a list")
    made = []
    for index, obj in enumerate(found):
        try:
            made.append(decode(kind, obj))
        except DecodeError as error:
            raise CaseError(f"{key}[{index}]: {error}") from None
    return made


def _node(case: dict[str, Any]) -> Node:
    given = case.get("node")
    node: dict[str, Any] = given if isinstance(given, dict) else {}
    metadata = node.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise CaseError("node: want a Node with metadata.name")
    declared = (node.get("status") or {}).get("declaredFeatures") or ()
    return Node(metadata["name"], metadata.get("labels") or {}, frozenset(declared))


def answer(line: bytes) -> dict[str, Any]:
    """The answer to one line; never an exception, so that the pipe goes on."""
    try:
        case = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        return {"id": None, "allocations": None, "error": f"not JSON: {error}"}
    if not isinstance(case, dict):
        return {"id": None, "allocations": None, "error": "not a case: want a JSON object"}
    found: dict[str, Any] = {"id": case.get("id"), "allocations": None}
    try:
        gates = case.get("features")
        if gates is not None and not (isinstance(gates, list) and all(isinstance(g, str) for g in gates)):
            raise CaseError("features: want a list of feature gate names")
        features = Features.default() if gates is None else Features.from_gates(gates)
        inventory, ledger = Inventory(), Ledger()
        for class_ in _many(case, "classes", DeviceClass):
            inventory.set_class(class_)
        for slice_ in _many(case, "slices", ResourceSlice):
            inventory.set_slice(slice_)
        for index, claim in enumerate(_many(case, "allocated", ResourceClaim)):
            ledger.set_claim(claim.metadata.uid or f"allocated-{index}", claim.status.allocation)
        outcome = allocate(inventory, ledger, _many(case, "claims", ResourceClaim), _node(case), features)
    except CaseError as error:
        return {**found, "error": str(error)}
    except RecursionError:
        return {**found, "error": "the case is nested too deeply"}
    if isinstance(outcome, Allocated):
        return {**found, "allocations": [encode(result) for result in outcome.results]}
    if isinstance(outcome, Failure):
        return {**found, "error": outcome.message}
    return {**found, "error": _NO_SOLUTION} if outcome.limit_reached else found


def _feed(lines: Iterable[bytes]) -> None:
    for line in lines:
        if line.strip():
            sys.stdout.buffer.write(msgspec.json.encode(answer(line)) + b"\n")
            sys.stdout.buffer.flush()


def allocate_command() -> None:
    """Read cases from stdin, a JSON object a line; write an answer for each."""
    _feed(sys.stdin.buffer)
