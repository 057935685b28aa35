"""Capacities of devices and the policies for requests of them (dra-semantics 1.3.11 to 1.3.13)."""

from __future__ import annotations

from drakkar.api.features import FRACTIONAL_CAPACITY, Features
from drakkar.api.object import Object
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.validation import names
from drakkar.validation.attributes import shown_key
from drakkar.validation.capacity_range import valid_range
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, within

_MOST_VALUES = 10
_ONE = 10**9


def capacities(found: Findings, path: str, given: Object, multiple: bool, features: Features) -> None:
    """All capacities of a device, which several claims may share or not."""
    for key, capacity in given.items():
        names.qualified(found, path, key)
        policy = (capacity or {}).get("requestPolicy")
        if policy is None:
            continue
        here = f"{path}[{shown_key(key)}].requestPolicy"
        if multiple:
            _policy(found, here, quantity(capacity.get("value")), policy, features)
        else:
            found.forbidden(here, "allowMultipleAllocations must be true")


def quantity(given: object) -> Quantity:
    """An amount; absent is zero, and so is what decoding would have refused."""
    try:
        return Quantity.parse("0" if given is None else str(given))
    except QuantityError:
        return Quantity(0)


def _policy(found: Findings, path: str, capacity: Quantity, policy: Object, features: Features) -> None:
    values, bounds = items(policy, "validValues"), policy.get("validRange")
    if values and bounds is not None:
        said = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'
        found.forbidden(path, said)
        return
    kind = "validValues" if values else "validRange" if bounds is not None else None
    if kind is None:
        return
    if policy.get("default") is None:
        found.required(f"{path}.default", f"required when {kind} is defined")
        return
    default = quantity(policy["default"])
    if values:
        _valid_values(found, f"{path}.validValues", capacity, default, [*map(quantity, values)], features)
    else:
        given = {
            key: quantity(value) for key, value in mapping(policy, "validRange").items() if value is not None
        }
        valid_range(found, f"{path}.validRange", capacity, default, given, features)


def _valid_values(
    found: Findings,
    path: str,
    capacity: Quantity,
    default: Quantity,
    values: list[Quantity],
    features: Features,
) -> None:
    for at in range(1, len(values)):
        if values[at] < values[at - 1]:
            found.invalid(f"{path}[{at}]", values[at].format(), "values must be sorted in ascending order")
    # A list that is too long is not looked at, so that the default is not found in it either.
    known = within(found, path, values, _MOST_VALUES, declared=False)
    if known:
        for at, value in enumerate(values):
            if value > capacity:
                said = f"option is larger than capacity value: {capacity.format()}"
                found.invalid(f"{path}[{at}]", value.format(), said)
        _distinct(found, path, values, features)
    if not known or default not in values:
        found.invalid(path, default.format(), "default value is not valid according to the requestPolicy")


def _distinct(found: Findings, path: str, values: list[Quantity], features: Features) -> None:
    seen: set[str] = set()
    for at, value in enumerate(values):
        key = _exact(value) if FRACTIONAL_CAPACITY in features else str(-(-value.nanos // _ONE))
        if key in seen:
            found.duplicate(f"{path}[{at}]", key)
        seen.add(key)


def _exact(value: Quantity) -> str:
    whole, rest = divmod(abs(value.nanos), _ONE)
    sign = "-" if value.nanos < 0 else ""
    return f"{sign}{whole}.{rest:09d}".rstrip("0").rstrip(".")
