"""The range of amounts that may be requested of a capacity (dra-semantics 1.3.13)."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.features import FRACTIONAL_CAPACITY, Features
from drakkar.api.quantity import Quantity
from drakkar.validation.field_error import Findings

_ONE = 10**9
_MILLI = 10**6
_LARGEST = 2**63 - 1


def valid_range(
    found: Findings,
    path: str,
    capacity: Quantity,
    default: Quantity,
    bounds: Mapping[str, Quantity],
    features: Features,
) -> None:
    """The bounds `min`, `max` and `step`, against the capacity's value, the default and one another."""
    low, high, step = bounds.get("min"), bounds.get("max"), bounds.get("step")
    if low is None:
        found.required(f"{path}.min", "required when validRange is defined")
        return
    _order(found, path, capacity, default, low, high)
    amounts = {"default": default, **{key: bounds[key] for key in ("min", "max", "step") if key in bounds}}
    fractional = FRACTIONAL_CAPACITY in features and any(one.nanos % _ONE for one in amounts.values())
    if (fractional and not _in_milli(found, path, amounts)) or step is None:
        return
    if step.nanos <= 0:
        found.invalid(f"{path}.step", step.format(), "must be greater than zero")
        return
    added = low + step
    if added > capacity:
        said = f"one step {added.format()} is larger than capacity value: {capacity.format()}"
        found.invalid(f"{path}.step", step.format(), said)
    if not fractional and not _countable(found, path, amounts):
        return
    unit = _MILLI if fractional else _ONE
    for value in (default, high):
        if value is not None and (_units(value, unit) - _units(low, unit)) % _units(step, unit):
            said = f"value is not a multiple of a given step ({step.format()}) from ({low.format()})"
            found.invalid(f"{path}.step", value.format(), said)


def _order(
    found: Findings, path: str, capacity: Quantity, default: Quantity, low: Quantity, high: Quantity | None
) -> None:
    if low > capacity:
        found.invalid(f"{path}.min", low.format(), f"min is larger than capacity value: {capacity.format()}")
    if default < low:
        found.invalid(f"{path}.default", default.format(), f"default is less than min: {low.format()}")
    if high is None:
        return
    if low > high:
        found.invalid(f"{path}.max", low.format(), f"min is larger than max: {high.format()}")
    if high > capacity:
        found.invalid(f"{path}.max", high.format(), f"max is larger than capacity value: {capacity.format()}")
    if default > high:
        found.invalid(f"{path}.default", default.format(), f"default is more than max: {high.format()}")


def _in_milli(found: Findings, path: str, amounts: Mapping[str, Quantity]) -> bool:
    """Whether all amounts are whole numbers of thousandths."""
    unfit = [key for key, one in amounts.items() if one.nanos % _MILLI or abs(one.nanos) // _MILLI > _LARGEST]
    for key in unfit:
        found.invalid(f"{path}.{key}", amounts[key].format(), "value cannot be represented as a milli value")
    return not unfit


def _countable(found: Findings, path: str, amounts: Mapping[str, Quantity]) -> bool:
    """Whether all amounts lie where whole units can be counted."""
    fine = True
    for key, amount in amounts.items():
        if amount.nanos < 0:
            said = "must be greater than or equal to 0"
        elif amount.nanos > _LARGEST * _ONE:
            said = f"must not be larger than {_LARGEST}"
        else:
            continue
        found.invalid(f"{path}.{key}", amount.format(), said)
        fine = False
    return fine


def _units(amount: Quantity, unit: int) -> int:
    """An amount in units, rounded up."""
    return -(-amount.nanos // unit)
