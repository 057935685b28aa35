"""From the chosen devices to what is written into a claim's status (dra-semantics 3.11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Refused
from drakkar.allocator.requests import Ask, ClaimPlan
from drakkar.api.features import DEVICE_BINDING, Features
from drakkar.api.node_selector import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from drakkar.api.quantity import Quantity
from drakkar.api.resource import (
    AllocationResult,
    DeviceAllocationConfiguration,
    DeviceAllocationResult,
    DeviceRequestAllocationResult,
)


@dataclass(frozen=True, slots=True)
class Pick:
    """One device chosen for one request of one claim; `consumed` is None for a device that is not shared."""

    claim: int
    ask: Ask
    entry: DeviceEntry
    consumed: Mapping[str, Quantity] | None = None
    share_id: str | None = None


def _result(pick: Pick, features: Features) -> DeviceRequestAllocationResult:
    device = pick.entry.device
    binding = DEVICE_BINDING in features
    return DeviceRequestAllocationResult(
        request=pick.ask.name,
        driver=pick.entry.key.driver,
        pool=pick.entry.key.pool,
        device=pick.entry.key.device,
        admin_access=True if pick.ask.admin else None,
        tolerations=pick.ask.tolerations,
        binding_conditions=(device.binding_conditions or ()) if binding else (),
        binding_failure_conditions=(device.binding_failure_conditions or ()) if binding else (),
        share_id=pick.share_id,
        consumed_capacity={name: amount.format() for name, amount in (pick.consumed or {}).items()},
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
    names = chosen | {ask.parent or ask.own for ask in asks}
    for config in plan.claim.spec.devices.config:
        if not config.requests or any(name in names for name in config.requests):
            found.append(("FromClaim", config.requests, config.opaque))
    made = []
    for source, requests, opaque in found:
        every = all(ask.name in requests or (ask.parent or ask.own) in requests for ask in asks)
        made.append(
            DeviceAllocationConfiguration(source=source, requests=() if every else requests, opaque=opaque)
        )
    return tuple(made)


def _merge(into: list[NodeSelectorRequirement], more: Sequence[NodeSelectorRequirement]) -> None:
    for requirement in more:
        same = (requirement.key, requirement.operator, set(requirement.values))
        if all((known.key, known.operator, set(known.values)) != same for known in into):
            into.append(requirement)


def node_selector(claim: str, entries: Sequence[DeviceEntry], node: Node) -> NodeSelector | None:
    """Where the allocation can be used: this node alone, or wherever all devices' selectors hold; None is anywhere."""
    expressions: list[NodeSelectorRequirement] = []
    fields: list[NodeSelectorRequirement] = []
    for entry in entries:
        source = entry.device if entry.spec.per_device_node_selection else entry.spec
        if source.node_name is not None or entry.device.binds_to_node:
            only = NodeSelectorRequirement(key="metadata.name", operator="In", values=(node.name,))
            return NodeSelector(node_selector_terms=(NodeSelectorTerm(match_fields=(only,)),))
        if source.node_selector is None:
            continue
        terms = source.node_selector.node_selector_terms
        if len(terms) != 1:
            raise Refused(
                f"create NodeSelector for claim {claim}: unsupported ResourceSlice.NodeSelector with {len(terms)} terms"
            )
        _merge(expressions, terms[0].match_expressions)
        _merge(fields, terms[0].match_fields)
    if not expressions and not fields:
        return None
    term = NodeSelectorTerm(match_expressions=tuple(expressions), match_fields=tuple(fields))
    return NodeSelector(node_selector_terms=(term,))


def assemble(
    plans: Sequence[ClaimPlan],
    asks: Mapping[tuple[int, int], Ask],
    picks: Sequence[Pick],
    node: Node,
    features: Features,
) -> tuple[AllocationResult, ...]:
    """One result a claim. `asks` is which alternative was chosen, by claim and request index."""
    results = []
    for index, plan in enumerate(plans):
        mine = [pick for pick in picks if pick.claim == index]
        chosen = [asks[index, wish] for wish in range(len(plan.wishes))]
        selector = node_selector(plan.claim.metadata.name, [pick.entry for pick in mine], node)
        devices = DeviceAllocationResult(
            results=tuple(_result(pick, features) for pick in mine), config=configs(plan, chosen)
        )
        results.append(AllocationResult(devices=devices, node_selector=selector))
    return tuple(results)
