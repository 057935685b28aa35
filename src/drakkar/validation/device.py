"""One device of a slice (dra-semantics 1.3.8 to 1.3.16)."""

from __future__ import annotations

from drakkar.api.features import Features
from drakkar.api.object import Object
from drakkar.validation import names
from drakkar.validation.attributes import attributes, count_values
from drakkar.validation.binding import binding_conditions
from drakkar.validation.capacity import capacities
from drakkar.validation.counters import consumed_counters
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, same, text, within
from drakkar.validation.node_allocatable import node_allocatable
from drakkar.validation.node_selector import node_selector
from drakkar.validation.taints import taint

_MOST_KEYS = 32
_MOST_VALUES = 48
_MOST_TAINTS = 16
_WHERE = ("nodeName", "nodeSelector", "allNodes")
_ONE_PLACE = (
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to "
    "true in the ResourceSlice spec"
)
_NO_PLACE = (
    "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the "
    "ResourceSlice spec"
)


def device(
    found: Findings, path: str, given: Object, old: Object | None, per_device: bool, features: Features
) -> None:
    """One device; `old` is the one of the same name before, `per_device` whether devices say where they are."""
    before = old or {}
    names.label(found, f"{path}.name", text(given, "name"))
    described, capacity = mapping(given, "attributes"), mapping(given, "capacity")
    _sizes(found, path, described, len(capacity))
    attributes(found, f"{path}.attributes", described)
    if old is None or not same(capacity, before.get("capacity")):
        multiple = given.get("allowMultipleAllocations") is True
        capacities(found, f"{path}.capacity", capacity, multiple, features)
    taints = items(given, "taints")
    if old is None or not same(taints, before.get("taints")):
        few = within(found, f"{path}.taints", taints, _MOST_TAINTS, declared=False)
        for at, one in enumerate(taints):
            taint(found if few else found.declared_only(), f"{path}.taints[{at}]", one)
    consumed_counters(found, f"{path}.consumesCounters", items(given, "consumesCounters"))
    if per_device:
        _place(found, path, given)
    elif any(given.get(part) is not None for part in _WHERE):
        found.invalid(path, None, _NO_PLACE)
    binding_conditions(found, path, given)
    costs = mapping(given, "nodeAllocatableResources")
    node_allocatable(found, f"{path}.nodeAllocatableResources", costs, capacity)


def _sizes(found: Findings, path: str, described: Object, capacities_count: int) -> None:
    keys, values = len(described) + capacities_count, count_values(described)
    if keys > _MOST_KEYS:
        said = f"the total number of attributes and capacities must not exceed {_MOST_KEYS}"
        found.invalid(path, keys, said)
    if values > _MOST_VALUES:
        found.invalid(path, values, f"the total number of attribute values must not exceed {_MOST_VALUES}")


def _place(found: Findings, path: str, given: Object) -> None:
    name, selector, everywhere = (given.get(part) for part in _WHERE)
    places = []
    if name:
        places.append("`nodeName`")
        names.node(found, f"{path}.nodeName", name)
    elif name is not None:
        found.invalid(f"{path}.nodeName", name, "must not be empty")
    if selector is not None:
        places.append("`nodeSelector`")
        node_selector(found, f"{path}.nodeSelector", selector)
    if everywhere:
        places.append("`allNodes`")
    elif everywhere is not None:
        found.invalid(f"{path}.allNodes", everywhere, "must be either unset or set to true")
    if not places:
        found.required(path, _ONE_PLACE)
    elif len(places) > 1:
        found.invalid(path, f"{{{', '.join(places)}}}", _ONE_PLACE)
