"""From the chosen devices to what is written into a claim's status (dra-semantics 3.11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from drakkar.allocator.compat import Quirks
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import RefusedError
from drakkar.allocator.rules import capacity
from drakkar.allocator.rules.requests import Ask, ClaimPlan, Plan
from drakkar.allocator.switches import Switches
from drakkar.api.node_selector import (
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    match_node_selector,
)
from drakkar.api.resource import (
    AllocationResult,
    DeviceAllocationConfiguration,
    DeviceAllocationResult,
    DeviceRequestAllocationResult,
)


class Pick(NamedTuple):
    """One device chosen for one request of one claim."""

    ask: Ask
    entry: DeviceEntry


def _result(pick: Pick, switches: Switches, share_id: Callable[[], str]) -> DeviceRequestAllocationResult:
    ask, entry = pick
    device = entry.device
    multi = switches.multi(entry)
    consumed: dict[str, str] = {}
    if multi and device.capacity:
        taken = capacity.consumption(device.capacity, ask.capacity, switches.fractional)
        consumed = {name: amount.quantity.format() for name, amount in (taken or {}).items()}
    return DeviceRequestAllocationResult(
        request=ask.name,
        driver=entry.key.driver,
        pool=entry.key.pool,
        device=entry.key.device,
        admin_access=True if ask.admin else None,
        tolerations=ask.tolerations,
        binding_conditions=(device.binding_conditions or ()) if switches.binding else (),
        binding_failure_conditions=(device.binding_failure_conditions or ()) if switches.binding else (),
        share_id=share_id() if multi else None,
        consumed_capacity=consumed,
        skip_node_operations=entry.spec.skip_node_operations if switches.experimental else (),
    )


def configs(plan: ClaimPlan, asks: Sequence[Ask]) -> tuple[DeviceAllocationConfiguration, ...]:
    """The configurations that go with the chosen alternatives: classes' first, then the claim's.

    One that is for all requests of the claim names none.
    """
    by_class: dict[str, list[str]] = {}
    order: list[Ask] = []
    for ask in asks:
        name = ask.class_.metadata.name
        if name not in by_class:
            order.append(ask)
        by_class.setdefault(name, []).append(ask.name)
    found = [
        ("FromClass", tuple(by_class[ask.class_.metadata.name]), config.opaque)
        for ask in order
        for config in ask.class_.spec.config
    ]
    chosen = {ask.name for ask in asks}
    names = chosen | {ask.request for ask in asks}
    for config in plan.claim.spec.devices.config:
        if not config.requests or any(name in names for name in config.requests):
            found.append(("FromClaim", config.requests, config.opaque))
    made = []
    for source, requests, opaque in found:
        every = all(ask.name in requests or ask.request in requests for ask in asks)
        made.append(
            DeviceAllocationConfiguration(source=source, requests=() if every else requests, opaque=opaque)
        )
    return tuple(made)


def _merge(into: list[NodeSelectorRequirement], more: Sequence[NodeSelectorRequirement]) -> None:
    for requirement in more:
        same = (requirement.key, requirement.operator, set(requirement.values))
        if all((known.key, known.operator, set(known.values)) != same for known in into):
            into.append(requirement)


def _term(selector: NodeSelector, claim: str, node: Node, quirks: Quirks) -> NodeSelectorTerm:
    """The one term that says where a device is; of several, the one for which this node is right (quirk K12)."""
    terms = selector.node_selector_terms
    if len(terms) != 1 and quirks.k12_selector_terms:
        raise RefusedError(
            f"create NodeSelector for claim {claim}: unsupported ResourceSlice.NodeSelector with {len(terms)} terms"
        )
    for term in terms:
        if len(terms) == 1 or match_node_selector(
            NodeSelector(node_selector_terms=(term,)), node.name, node.labels
        ):
            return term
    return NodeSelectorTerm()


def node_selector(
    claim: str, entries: Sequence[DeviceEntry], node: Node, switches: Switches
) -> NodeSelector | None:
    """Where the allocation can be used: this node alone, or wherever all devices' selectors hold; None is anywhere."""
    expressions: list[NodeSelectorRequirement] = []
    fields: list[NodeSelectorRequirement] = []
    for entry in entries:
        source = entry.device if entry.spec.per_device_node_selection else entry.spec
        if source.node_name is not None or (entry.device.binds_to_node and not switches.stable):
            name = (source.node_name or node.name) if switches.stable else node.name
            only = NodeSelectorRequirement(key="metadata.name", operator="In", values=(name,))
            return NodeSelector(node_selector_terms=(NodeSelectorTerm(match_fields=(only,)),))
        if source.node_selector is None:
            continue
        term = _term(source.node_selector, claim, node, switches.quirks)
        _merge(expressions, term.match_expressions)
        _merge(fields, term.match_fields)
    if not expressions and not fields:
        return None
    merged = NodeSelectorTerm(match_expressions=tuple(expressions), match_fields=tuple(fields))
    return NodeSelector(node_selector_terms=(merged,))


def assemble(
    plan: Plan,
    asks: Sequence[Ask],
    picks: Sequence[Pick],
    node: Node,
    switches: Switches,
    share_id: Callable[[], str],
) -> tuple[AllocationResult, ...]:
    """One result a claim. `asks` is which alternatives were chosen, of all claims in order."""
    results = []
    for index, claim in enumerate(plan.claims):
        mine = [pick for pick in picks if pick.ask.claim_index == index]
        chosen = [ask for ask in asks if ask.claim_index == index]
        selector = node_selector(claim.claim.metadata.name, [pick.entry for pick in mine], node, switches)
        devices = DeviceAllocationResult(
            results=tuple(_result(pick, switches, share_id) for pick in mine), config=configs(claim, chosen)
        )
        results.append(AllocationResult(devices=devices, node_selector=selector))
    return tuple(results)
