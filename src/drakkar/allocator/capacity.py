"""Consumable capacity: how much of a shared device a request takes, and whether it is there (dra-semantics 3.9)."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.outcome import Refused
from drakkar.api.quantity import Quantity
from drakkar.api.resource import CapacityRequestPolicy

Amounts = Mapping[str, Quantity]
_UNIT, _MILLI = 10**9, 10**6
_MAX_INT64 = 2**63 - 1
_NOTHING = Quantity(0)


def _units_up(quantity: Quantity, unit: int) -> int:
    return -(-quantity.nanos // unit)


def _grain(policy: CapacityRequestPolicy, fractional: bool) -> int:
    """Nano-units in one unit of the range's arithmetic: whole ones, or thousandths where all bounds allow it."""
    bounds = policy.valid_range
    if not fractional or bounds is None:
        return _UNIT
    given = [Quantity.parse(text) for text in (bounds.min, bounds.max, bounds.step) if text is not None]
    exact = all(q.nanos % _MILLI == 0 and abs(q.nanos) // _MILLI <= _MAX_INT64 for q in given)
    return _MILLI if exact else _UNIT


def _rounded(request: Quantity, policy: CapacityRequestPolicy, fractional: bool) -> Quantity:
    bounds = policy.valid_range
    if bounds is None or bounds.min is None:
        values = [Quantity.parse(text) for text in policy.valid_values]
        return next((value for value in values if value >= request), request)
    least = Quantity.parse(bounds.min)
    if request < least:
        return least
    if bounds.step is None:
        return request
    step = Quantity.parse(bounds.step)
    grain = _grain(policy, fractional)
    if grain == _MILLI and request.nanos % _MILLI:
        raise ValueError("capacity request cannot be represented in the device's range arithmetic")
    if _units_up(request, grain) > _MAX_INT64:
        raise ValueError("capacity request cannot be represented in the device's range arithmetic")
    start, width = _units_up(least, grain), _units_up(step, grain)
    if width <= 0:
        raise ValueError("the step of the range is zero")
    count = -(-(_units_up(request, grain) - start) // width)
    return Quantity((start + count * width) * grain, step.family)


def _allowed(amount: Quantity, policy: CapacityRequestPolicy, fractional: bool) -> bool:
    if policy.default is not None and amount == Quantity.parse(policy.default):
        return True
    bounds = policy.valid_range
    if bounds is not None and bounds.min is not None:
        if bounds.max is not None and amount > Quantity.parse(bounds.max):
            return False
        if bounds.step is None:
            return True
        grain = _grain(policy, fractional)
        step = _units_up(Quantity.parse(bounds.step), grain)
        above = _units_up(amount, grain) - _units_up(Quantity.parse(bounds.min), grain)
        return step > 0 and above % step == 0
    if policy.valid_values:
        return any(amount == Quantity.parse(text) for text in policy.valid_values)
    return True


def consumption(entry: DeviceEntry, requests: Amounts, fractional: bool) -> dict[str, Quantity] | None:
    """What the request takes of every capacity of the device; None when the device lacks one that is asked for.

    Refused when the request makes no sense for the device (dra-semantics 3.9.11).
    """
    capacities = entry.device.capacity
    if any(name not in capacities for name in requests):
        return None
    taken: dict[str, Quantity] = {}
    for name, capacity in capacities.items():
        policy, request = capacity.request_policy, requests.get(name)
        if request is None:
            default = policy.default if policy is not None else None
            amount = Quantity.parse(capacity.value if default is None else default)
        elif policy is None:
            amount = request
        else:
            try:
                amount = _rounded(request, policy, fractional)
            except ValueError as error:
                raise Refused(
                    f'checking capacity for device {entry.key}: capacity "{name}": {error}'
                ) from None
        if amount.nanos < 0:
            raise Refused(
                f'checking capacity for device {entry.key}: capacity "{name}": capacity value is negative'
            )
        taken[name] = amount
    return taken


def fits(entry: DeviceEntry, taken: Amounts, used: tuple[Amounts, ...], fractional: bool) -> str | None:
    """None when the policies allow the amounts and they fit beside what is used; otherwise the capacity that is short."""
    for name, amount in taken.items():
        capacity = entry.device.capacity[name]
        if capacity.request_policy is not None and not _allowed(amount, capacity.request_policy, fractional):
            return f"capacity {name}: {amount.format()} is not an amount that the device hands out"
        total = amount
        for amounts in used:
            total = total + amounts.get(name, _NOTHING)
        value = Quantity.parse(capacity.value)
        if total > value:
            short = (total - value).format()
            return f"capacity {name}: {amount.format()} asked, {short} more than is left of {value.format()}"
    return None
