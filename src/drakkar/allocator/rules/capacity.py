"""Consumable capacity: how much of a shared device a request takes, and whether it is there (dra-semantics 3.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from drakkar.allocator.objections import AmountNotHandedOut, CapacityTooSmall
from drakkar.api.quantity import Quantity
from drakkar.api.resource import CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity

_UNIT, _MILLI = 10**9, 10**6
_MAX_INT64 = 2**63 - 1
_BEYOND = "capacity request cannot be represented in the device's range arithmetic"


class Amount(NamedTuple):
    """A quantity with the text it was written as; None for one that was computed."""

    quantity: Quantity
    text: str | None = None

    @classmethod
    def parse(cls, text: str) -> Amount:
        """Read a quantity; QuantityError for anything else."""
        return cls(Quantity.parse(text), text)


class UnrepresentableError(ValueError):
    """An amount that a device's policy has no number for."""


class NegativeError(ValueError):
    """An amount below zero."""


def _units_up(quantity: Quantity, unit: int) -> int:
    return -(-quantity.nanos // unit)


def _grain(bounds: CapacityRequestPolicyRange, fractional: bool) -> int:
    """Nano-units in one unit of the range's arithmetic: whole ones, or thousandths where all bounds allow it."""
    if not fractional:
        return _UNIT
    given = [Quantity.parse(text) for text in (bounds.min, bounds.max, bounds.step) if text is not None]
    exact = all(q.nanos % _MILLI == 0 and abs(q.nanos) // _MILLI <= _MAX_INT64 for q in given)
    if bounds.step is not None and Quantity.parse(bounds.step).nanos < _MILLI:
        return _UNIT
    return _MILLI if exact else _UNIT


def _rounded(request: Amount, policy: CapacityRequestPolicy, fractional: bool) -> Amount:
    bounds = policy.valid_range
    amount = request.quantity
    if bounds is None or bounds.min is None:
        for text in policy.valid_values:
            value = Amount.parse(text)
            if value.quantity >= amount:
                return value
        return request
    least = Amount.parse(bounds.min)
    if amount < least.quantity:
        return least
    if bounds.step is None:
        return request
    step = Quantity.parse(bounds.step)
    grain = _grain(bounds, fractional)
    if grain == _MILLI and (amount.nanos % _MILLI or abs(amount.nanos) // _MILLI > _MAX_INT64):
        raise UnrepresentableError(f"{_BEYOND}: request {amount.format()} is not a representable milli value")
    if grain == _UNIT and amount.nanos > _MAX_INT64 * _UNIT:
        raise UnrepresentableError(f"{_BEYOND}: request {amount.format()} exceeds MaxInt64")
    start, width = _units_up(least.quantity, grain), _units_up(step, grain)
    if width <= 0:
        raise UnrepresentableError(f"{_BEYOND}: the step of the range is not above zero")
    count = -(-(_units_up(amount, grain) - start) // width)
    # Upstream's own arithmetic passes its range where a minimum below zero meets thousandths.
    if start + count * width > _MAX_INT64 or (start < 0 and grain == _MILLI):
        passes = "the milli-value range" if grain == _MILLI else "MaxInt64"
        raise UnrepresentableError(
            f"{_BEYOND}: rounding request {amount.format()} up to the next step passes {passes}"
        )
    return Amount(Quantity((start + count * width) * grain, step.family))


def _is_default(amount: Amount, default: str, by_field: bool) -> bool:
    if not by_field:
        return amount.quantity == Quantity.parse(default)
    # Upstream compares the fields of two structs, the text among them; where it keeps a decimal, these are pointers.
    return amount.text == default and amount.quantity.scale is not None


def _allowed(amount: Amount, policy: CapacityRequestPolicy, fractional: bool, by_field: bool) -> bool:
    if policy.default is not None and _is_default(amount, policy.default, by_field):
        return True
    bounds = policy.valid_range
    if bounds is not None:
        if bounds.max is not None and amount.quantity > Quantity.parse(bounds.max):
            return False
        if bounds.step is None:
            return True
        grain = _grain(bounds, fractional)
        if grain == _MILLI and amount.quantity.nanos % _MILLI:
            return False
        step = _units_up(Quantity.parse(bounds.step), grain)
        least = Quantity.parse(bounds.min) if bounds.min is not None else Quantity(0)
        above = _units_up(amount.quantity, grain) - _units_up(least, grain)
        return step > 0 and above % step == 0
    if policy.valid_values:
        return any(amount.quantity == Quantity.parse(text) for text in policy.valid_values)
    return True


def consumption(
    capacities: Mapping[str, DeviceCapacity], requests: Mapping[str, Amount], fractional: bool
) -> dict[str, Amount] | None:
    """What a request takes of every capacity of a device; None when the device lacks one that is asked for.

    UnrepresentableError or NegativeError, naming the capacity, where there is no such amount (dra-semantics 3.9.11).
    """
    if any(name not in capacities for name in requests):
        return None
    taken: dict[str, Amount] = {}
    # By name, so that it is always the same one of several that is named.
    for name in sorted(capacities):
        policy, request = capacities[name].request_policy, requests.get(name)
        if request is None:
            default = policy.default if policy is not None else None
            amount = Amount.parse(capacities[name].value if default is None else default)
        elif policy is None:
            amount = request
        else:
            try:
                amount = _rounded(request, policy, fractional)
            except UnrepresentableError as error:
                raise UnrepresentableError(f'capacity "{name}": {error}') from None
        if amount.quantity.nanos < 0:
            raise NegativeError(f'capacity "{name}": capacity value is negative')
        taken[name] = amount
    return {name: taken[name] for name in capacities}


def unsuitable(
    capacities: Mapping[str, DeviceCapacity], taken: Mapping[str, Amount], fractional: bool, by_field: bool
) -> AmountNotHandedOut | CapacityTooSmall | None:
    """Why the device never has room for the amounts, whoever else has a share of it; None when it may have."""
    for name, amount in taken.items():
        capacity = capacities[name]
        policy = capacity.request_policy
        if policy is not None and not _allowed(amount, policy, fractional, by_field):
            return AmountNotHandedOut(name, amount.quantity)
        value = Quantity.parse(capacity.value)
        if amount.quantity > value:
            return CapacityTooSmall(name, amount.quantity, value)
    return None


def most_within(room: Quantity, capacity: DeviceCapacity) -> Quantity | None:
    """The greatest amount within the room that the device's policy hands out; None where there is none."""
    policy = capacity.request_policy
    if policy is None:
        return room
    if policy.valid_values:
        fitting = [v for v in map(Quantity.parse, policy.valid_values) if v <= room]
        return max(fitting, key=lambda one: one.nanos, default=None)
    bounds = policy.valid_range
    if bounds is None:
        return room
    least = Quantity.parse(bounds.min) if bounds.min is not None else Quantity(0)
    if bounds.max is not None:
        room = min(room, Quantity.parse(bounds.max), key=lambda one: one.nanos)
    if room < least:
        return None
    step = Quantity.parse(bounds.step) if bounds.step is not None else None
    if step is None or step.nanos <= 0:
        return room
    return Quantity(least.nanos + (room.nanos - least.nanos) // step.nanos * step.nanos, step.family)
