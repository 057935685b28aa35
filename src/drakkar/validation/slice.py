"""ResourceSlice: whose devices it lists, where they are, and the devices themselves (dra-semantics 1.3)."""

from __future__ import annotations

from drakkar.api.features import Features
from drakkar.api.object import Object
from drakkar.validation import internal_form, names
from drakkar.validation.attributes import has_list
from drakkar.validation.binding import skipped_operations
from drakkar.validation.counters import counter_sets
from drakkar.validation.device import device
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, same, text, unique, within
from drakkar.validation.node_selector import node_selector

_MOST_DEVICES = 128
_MOST_ELABORATE_DEVICES = 64
_ONE_PLACE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"


def resource_slice(found: Findings, obj: Object, old: Object | None, features: Features) -> None:
    """A new slice or an update of an old one."""
    spec = mapping(obj, "spec")
    before = mapping(old, "spec") if old is not None else None
    names.driver(found, "spec.driver", text(spec, "driver"))
    _pool(found, mapping(spec, "pool"))
    if before is not None:
        _immutable(found, "spec.pool.name", *(text(mapping(one, "pool"), "name") for one in (spec, before)))
        _immutable(found, "spec.driver", text(spec, "driver"), text(before, "driver"))
        _immutable(found, "spec.nodeName", spec.get("nodeName"), before.get("nodeName"), typed=True)
    _place(found, spec)
    if spec.get("sharedCounters") is not None and spec.get("devices") is not None:
        found.invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed")
    _devices(found, spec, before or {}, features)
    counter_sets(
        _changed(found, spec, before, "sharedCounters"), "spec.sharedCounters", items(spec, "sharedCounters")
    )
    if spec.get("partitionTypeAttribute") is not None:
        changed = _changed(found, spec, before, "partitionTypeAttribute")
        _partition_type(changed, spec, spec["partitionTypeAttribute"])
    changed = _changed(found, spec, before, "skipNodeOperations")
    skipped_operations(changed, "spec.skipNodeOperations", items(spec, "skipNodeOperations"))


def _changed(found: Findings, spec: Object, before: Object | None, part: str) -> Findings:
    """Where to put what is found in a part, which may be as it was."""
    unchanged = before is not None and same(spec.get(part), before.get(part))
    return found.of_unchanged() if unchanged else found


def _immutable(found: Findings, path: str, new: object, old: object, *, typed: bool = False) -> None:
    if new != old:
        found.invalid(path, new, "field is immutable", typed=typed)


def _pool(found: Findings, pool: Object) -> None:
    names.pool(found, "spec.pool.name", text(pool, "name"))
    count, generation = pool.get("resourceSliceCount") or 0, pool.get("generation") or 0
    if count <= 0:
        found.invalid("spec.pool.resourceSliceCount", count, "must be greater than zero")
    if generation < 0:
        found.invalid("spec.pool.generation", generation, "must be greater than or equal to zero")


def _place(found: Findings, spec: Object) -> None:
    name, selector, places = spec.get("nodeName"), spec.get("nodeSelector"), []
    if name:
        places.append("`nodeName`")
        names.node(found, "spec.nodeName", name)
    elif name is not None:
        found.invalid("spec.nodeName", name, "must be either unset or set to a non-empty string")
    if selector is not None:
        places.append("`nodeSelector`")
        node_selector(found, "spec.nodeSelector", selector)
        terms = items(selector, "nodeSelectorTerms")
        if len(terms) != 1:
            # With one term each, the selectors of several slices can be merged.
            shown = internal_form.node_selector_terms(selector.get("nodeSelectorTerms"))
            said = "must have exactly one node selector term"
            found.invalid("spec.nodeSelector.nodeSelectorTerms", shown, said)
    for part in ("allNodes", "perDeviceNodeSelection"):
        if spec.get(part):
            places.append(f"`{part}`")
        elif spec.get(part) is not None:
            found.invalid(f"spec.{part}", spec[part], "must be either unset or set to true")
    if not places:
        found.required("spec", _ONE_PLACE)
    elif len(places) > 1:
        found.invalid("spec", f"{{{', '.join(places)}}}", f"{_ONE_PLACE}, but multiple fields are set")


def _devices(found: Findings, spec: Object, before: Object, features: Features) -> None:
    devices = items(spec, "devices")
    elaborate = any(
        one.get("taints") or one.get("consumesCounters") or has_list(mapping(one, "attributes"))
        for one in devices
    )
    most = _MOST_ELABORATE_DEVICES if elaborate else _MOST_DEVICES
    few = within(found, "spec.devices", devices, most, declared=False)
    if same(devices, before.get("devices")):
        found = found.of_unchanged()
    if not few:
        found = found.declared_only()
    # Of equal names in the old slice, which is not legal, the first counts.
    known = {text(one, "name"): one for one in reversed(items(before, "devices"))}
    per_device = spec.get("perDeviceNodeSelection") is True
    for at, one in enumerate(devices):
        device(found, f"spec.devices[{at}]", one, known.get(text(one, "name")), per_device, features)
    if not few:
        return
    unique(
        found,
        "spec.devices",
        devices,
        lambda one: text(one, "name"),
        lambda one: text(one, "name"),
        declared=False,
    )


def _partition_type(found: Findings, spec: Object, name: str) -> None:
    """Every device that consumes counters has the attribute, as a string."""
    path = "spec.partitionTypeAttribute"
    if not found.unchanged:
        names.fully_qualified(found, path, name)
    consumers = [(at, one) for at, one in enumerate(items(spec, "devices")) if one.get("consumesCounters")]
    if not consumers:
        said = "may only be set on a slice which declares devices that consume counters"
        found.invalid(path, name, said)
    elif names.is_fully_qualified(name):
        bare = name.removeprefix(f"{text(spec, 'driver')}/")
        for at, one in consumers:
            described = mapping(one, "attributes")
            _carried(
                found, f"spec.devices[{at}].attributes[{name}]", described.get(name, described.get(bare))
            )


def _carried(found: Findings, path: str, attribute: Object | None) -> None:
    if attribute is None:
        said = "device consumes counters and `partitionTypeAttribute` names this attribute, so it must be set"
        found.required(path, said)
    elif attribute.get("string") is None:
        said = "must be a string value because `partitionTypeAttribute` names this attribute"
        found.invalid(path, internal_form.device_attribute(attribute), said)
