"""CSIDrivers, CSINodes and CSIStorageCapacities: what drivers of volumes say of themselves."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.old_labels import DEPRECATED
from drakkar.api.quantity import Quantity
from drakkar.validation import formats, names
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import immutable, items, mapping, same, text
from drakkar.validation.pod.label_selector import label_selector
from drakkar.validation.token_lifetime import token_lifetime

_GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
_MODES = ("Persistent", "Ephemeral")
_SHORTEST_PERIOD_S = 10
_LONGEST_ID = 256


def csi_driver_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a CSIDriver."""
    found, spec = Findings(), mapping(obj, "spec")
    policy, period = spec.get("fsGroupPolicy"), spec.get("nodeAllocatableUpdatePeriodSeconds")
    if policy is not None and policy not in _GROUP_POLICIES:
        found.not_supported("spec.fsGroupPolicy", policy, _GROUP_POLICIES)
    requests, secret = items(spec, "tokenRequests"), spec.get("serviceAccountTokenInSecrets")
    _tokens(found, requests)
    for mode in items(spec, "volumeLifecycleModes"):
        if mode not in _MODES:
            found.not_supported("spec.volumeLifecycleModes", mode, _MODES)
    if period is not None and period < _SHORTEST_PERIOD_S:
        said = f"must be greater than or equal to {_SHORTEST_PERIOD_S} seconds"
        found.invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, said)
    if secret is not None and not requests:
        said = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
        found.invalid("spec.serviceAccountTokenInSecrets", secret, said)
    return found.listed()


def _tokens(found: Findings, requests: list[Object]) -> None:
    seen: set[str] = set()
    for at, request in enumerate(requests):
        here, audience = f"spec.tokenRequests[{at}]", text(request, "audience")
        if audience in seen:
            found.duplicate(f"{here}.audience", audience)
            continue
        seen.add(audience)
        seconds = request.get("expirationSeconds")
        if seconds is not None and (said := token_lifetime(seconds)):
            found.invalid(f"{here}.expirationSeconds", seconds, said)


def csi_driver_changes(old: Object, new: Object) -> list[FieldError]:
    """What of a CSIDriver may not change."""
    found = Findings()
    before, after = mapping(old, "spec"), mapping(new, "spec")
    # The one field has another name here than it has in the object.
    immutable(found, "spec.attachedRequired", after.get("attachRequired"), before.get("attachRequired"))
    modes = [spec.get("volumeLifecycleModes") for spec in (before, after)]
    immutable(found, "spec.volumeLifecycleModes", modes[1], modes[0])
    return found.listed()


def csi_driver_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a CSIDriver that is taken."""
    spec = mapping(new, "spec")
    if not items(spec, "tokenRequests") or spec.get("serviceAccountTokenInSecrets") is not None:
        return []
    said = (
        "is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in "
        "volume attributes"
    )
    return [f"spec.serviceAccountTokenInSecrets {said}"]


def csi_node_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a CSINode."""
    found, seen = Findings(), set()
    for at, driver in enumerate(items(mapping(obj, "spec"), "drivers")):
        here, name, node = f"spec.drivers[{at}]", text(driver, "name"), text(driver, "nodeID")
        names.driver(found, f"{here}.name", name)
        if not node:
            found.required(f"{here}.nodeID")
        elif formats.size(node) > _LONGEST_ID:
            found.invalid(f"{here}.nodeID", node, f"must be {_LONGEST_ID} characters or less")
        count = mapping(driver, "allocatable").get("count")
        if count is not None and count < 0:
            found.invalid(f"{here}.allocatable.count", count, "must be greater than or equal to 0")
        if name in seen:
            found.duplicate(f"{here}.name", name)
        seen.add(name)
        _topology(found, here, items(driver, "topologyKeys"))
    return found.listed()


def _topology(found: Findings, path: str, keys: list[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if not key:
            found.required(path)
        if key in seen:
            found.duplicate(path, key)
        seen.add(key)
        found.each_invalid(path, key, formats.label_key(key))


def csi_node_changes(old: Object, new: Object) -> list[FieldError]:
    """A driver on a node stays as it is, but for how many volumes it takes."""
    found = Findings()
    before, after = (items(mapping(obj, "spec"), "drivers") for obj in (old, new))
    held = {text(driver, "name"): driver for driver in before}
    for driver in after:
        known = held.get(text(driver, "name"))
        if known is None or same({**known, "allocatable": None}, {**driver, "allocatable": None}):
            continue
        shown = {
            "Name": text(driver, "name"),
            "NodeID": text(driver, "nodeID"),
            "TopologyKeys": driver.get("topologyKeys"),
            "Allocatable": None,
        }
        found.invalid("spec.drivers", shown, "field is immutable")
    return found.listed()


def csi_capacity_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a CSIStorageCapacity."""
    found, name = Findings(), text(obj, "storageClassName")
    label_selector(found, "nodeTopology", obj.get("nodeTopology"))
    found.each_invalid("storageClassName", name, formats.dns_subdomain(name))
    amount = obj.get("capacity")
    if amount is not None and Quantity.parse(amount).nanos < 0:
        said = "must be greater than or equal to 0"
        found.invalid("capacity", Quantity.parse(amount).format(), said)
    return found.listed()


def csi_capacity_changes(old: Object, new: Object) -> list[FieldError]:
    """What of a CSIStorageCapacity may not change."""
    found = Findings()
    for field in ("nodeTopology", "storageClassName"):
        immutable(found, field, new.get(field), old.get(field))
    return found.listed()


def csi_capacity_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a CSIStorageCapacity that is taken."""
    topology = mapping(new, "nodeTopology")
    warned = [
        f"nodeTopology.matchExpressions[{at}].key: {key} is {DEPRECATED[key]}"
        for at, one in enumerate(items(topology, "matchExpressions"))
        if (key := text(one, "key")) in DEPRECATED
    ]
    labels = mapping(topology, "matchLabels")
    return warned + [
        f"nodeTopology.matchLabels.{key}: {DEPRECATED[key]}" for key in labels if key in DEPRECATED
    ]
