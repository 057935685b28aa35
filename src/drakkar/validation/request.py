"""One request of a claim: a number of devices, or alternatives in order of preference (dra-semantics 1.5.2 to 1.5.6)."""

from __future__ import annotations

from drakkar.api.features import Features
from drakkar.api.object import Object
from drakkar.api.resource import DeviceSubRequest
from drakkar.validation import formats, names
from drakkar.validation.derived import derived_attributes
from drakkar.validation.field_error import Findings
from drakkar.validation.field_order import as_written
from drakkar.validation.field_values import items, text, unique, within
from drakkar.validation.selectors import selectors
from drakkar.validation.taints import tolerations

_MOST_ALTERNATIVES = 8
_MODES = ("All", "ExactCount")
_ONE_KIND = "exactly one of `exactly` or `firstAvailable` is required"


def device_request(
    found: Findings, path: str, request: Object, constraints: list[Object], features: Features
) -> int:
    """One entry of `spec.devices.requests`; what its derived attributes cost together at most."""
    cost = 0
    name, exactly, alternatives = (
        text(request, "name"),
        request.get("exactly"),
        items(request, "firstAvailable"),
    )
    names.label(found, f"{path}.name", name)
    if exactly is None and not alternatives:
        found.required(path, _ONE_KIND)
    elif exactly is not None and alternatives:
        found.invalid(path, None, f"{_ONE_KIND}, but multiple fields are set")
        found = found.declared_only()
    if exactly is not None:
        class_name = text(exactly, "deviceClassName")
        if class_name:
            found.each_invalid(
                f"{path}.exactly.deviceClassName", class_name, formats.dns_subdomain(class_name)
            )
        else:
            found.required(f"{path}.exactly.deviceClassName")
        cost += _wanted(found, f"{path}.exactly", exactly, name, constraints, features)
    if alternatives:
        cost += _alternatives(found, f"{path}.firstAvailable", alternatives, name, constraints, features)
    return cost


def _alternatives(
    found: Findings,
    path: str,
    alternatives: list[Object],
    parent: str,
    constraints: list[Object],
    features: Features,
) -> int:
    if not within(found, path, alternatives, _MOST_ALTERNATIVES):
        return 0
    cost = 0
    unique(
        found,
        path,
        alternatives,
        lambda one: text(one, "name"),
        lambda one: as_written(DeviceSubRequest, one),
    )
    for at, alternative in enumerate(alternatives):
        here, name = f"{path}[{at}]", text(alternative, "name")
        names.label(found, f"{here}.name", name)
        class_name = text(alternative, "deviceClassName")
        if class_name:
            said = formats.dns_subdomain(class_name, declared=True)
            found.each_invalid(f"{here}.deviceClassName", class_name, said, declared=True)
        else:
            found.required(f"{here}.deviceClassName", declared=True)
        cost += _wanted(found, here, alternative, f"{parent}/{name}", constraints, features)
    return cost


def _wanted(
    found: Findings, path: str, wanted: Object, name: str, constraints: list[Object], features: Features
) -> int:
    """What requests and alternatives have in common; what the derived attributes cost."""
    selectors(found, f"{path}.selectors", items(wanted, "selectors"), features)
    derived = items(wanted, "derivedAttributes")
    cost = derived_attributes(found, f"{path}.derivedAttributes", derived, name, constraints, features)
    mode, count = text(wanted, "allocationMode"), wanted.get("count") or 0
    if mode == "All":
        if count != 0:
            found.invalid(f"{path}.count", count, "must not be specified when allocationMode is 'All'")
    elif mode == "ExactCount":
        if count <= 0:
            found.invalid(f"{path}.count", count, "must be greater than zero")
    else:
        # An empty mode, which defaulting prevents, is found by hand only.
        found.not_supported(f"{path}.allocationMode", mode, _MODES, declared=bool(mode))
    tolerations(found, f"{path}.tolerations", items(wanted, "tolerations"))
    return cost
