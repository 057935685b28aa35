"""Policies for requests of a capacity (dra-semantics 1.3.11 to 1.3.13)."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.features import FRACTIONAL_CAPACITY, Features
from drakkar.validation import validate

from .objects import Case, Object, device, lines, slice_of

_P = "spec.devices[0].capacity[mem].requestPolicy"
_NO_DEFAULT = "default value is not valid according to the requestPolicy"
FRACTIONAL = Features(Features.default() | {FRACTIONAL_CAPACITY})


def _policy(value: str = "10", multiple: bool = True, **policy: Any) -> Object:
    capacity = {"mem": {"value": value, "requestPolicy": policy}}
    shared: Object = {"allowMultipleAllocations": True} if multiple else {}
    return slice_of(device(capacity=capacity, **shared))


def _range(default: str = "1", value: str = "10", **bounds: str) -> Object:
    return _policy(value, default=default, validRange=bounds)


CASES = [
    Case("1.3.11 default only", _policy(default="3"), []),
    Case(
        "1.3.11 a device for one claim",
        _policy(multiple=False, default="3"),
        [f"{_P}: Forbidden: allowMultipleAllocations must be true"],
    ),
    Case(
        "1.3.11 both",
        _policy(default="1", validValues=["1"], validRange={"min": "1"}),
        [
            f'{_P}: Forbidden: exactly one policy can be specified, cannot specify "validValues" and "validRange" at the '
            "same time"
        ],
    ),
    Case(
        "1.3.11 values without default",
        _policy(validValues=["1"]),
        [f"{_P}.default: Required value: required when validValues is defined"],
    ),
    Case(
        "1.3.11 range without default",
        _policy(validRange={"min": "1"}),
        [f"{_P}.default: Required value: required when validRange is defined"],
    ),
    Case("1.3.12 values", _policy("10Gi", default="2Gi", validValues=["1Gi", "2Gi", "10Gi"]), []),
    Case(
        "1.3.12 values in disorder",
        _policy(default="1", validValues=["2", "1"]),
        [f'{_P}.validValues[1]: Invalid value: "1": values must be sorted in ascending order'],
    ),
    Case(
        "1.3.12 a value that is too large, a default that is none",
        _policy(default="3", validValues=["1", "11"]),
        [
            f'{_P}.validValues[1]: Invalid value: "11": option is larger than capacity value: 10',
            f'{_P}.validValues: Invalid value: "3": {_NO_DEFAULT}',
        ],
    ),
    Case(
        "1.3.12 values that are one when rounded up",
        _policy(default="1", validValues=["500m", "1"]),
        [f'{_P}.validValues[1]: Duplicate value: "1"'],
    ),
    Case(
        "1.2 values",
        _policy("20", default="1", validValues=[str(at) for at in range(11)]),
        [
            f"{_P}.validValues: Too many: 11: must have at most 10 items",
            f'{_P}.validValues: Invalid value: "1": {_NO_DEFAULT}',
        ],
    ),
    Case("1.3.13 range", _range("3", min="1", max="9", step="2"), []),
    Case("1.3.13 range without maximum", _range("3", min="1", step="2"), []),
    Case(
        "1.3.13 no minimum",
        _range(max="9"),
        [f"{_P}.validRange.min: Required value: required when validRange is defined"],
    ),
    Case(
        "1.3.13 a minimum that is too large",
        _range("12", min="11"),
        [f'{_P}.validRange.min: Invalid value: "11": min is larger than capacity value: 10'],
    ),
    Case(
        "1.3.13 default below",
        _range("1", min="2"),
        [f'{_P}.validRange.default: Invalid value: "1": default is less than min: 2'],
    ),
    Case(
        "1.3.13 maximum below minimum",
        _range("5", min="5", max="4"),
        [
            f'{_P}.validRange.max: Invalid value: "5": min is larger than max: 4',
            f'{_P}.validRange.default: Invalid value: "5": default is more than max: 4',
        ],
    ),
    Case(
        "1.3.13 a maximum that is too large",
        _range(min="1", max="11"),
        [f'{_P}.validRange.max: Invalid value: "11": max is larger than capacity value: 10'],
    ),
    Case(
        "1.3.13 no step",
        _range(min="1", step="0"),
        [f'{_P}.validRange.step: Invalid value: "0": must be greater than zero'],
    ),
    Case(
        "1.3.13 a step that leads out",
        _range(min="1", step="10"),
        [f'{_P}.validRange.step: Invalid value: "10": one step 11 is larger than capacity value: 10'],
    ),
    Case(
        "1.3.13 off the steps",
        _range("2", min="1", max="8", step="2"),
        [
            f'{_P}.validRange.step: Invalid value: "2": value is not a multiple of a given step (2) from (1)',
            f'{_P}.validRange.step: Invalid value: "8": value is not a multiple of a given step (2) from (1)',
        ],
    ),
    Case(
        "1.3.13 out of whole numbers",
        _range("1", "100E", min="-1", max="10E", step="1"),
        [
            f'{_P}.validRange.min: Invalid value: "-1": must be greater than or equal to 0',
            f'{_P}.validRange.max: Invalid value: "10E": must not be larger than 9223372036854775807',
        ],
    ),
    Case("1.3.13 whole units, rounded up", _range("1500m", min="500m", step="1"), []),
]
FRACTIONAL_CASES = [
    Case("1.3.12 fractions differ", _policy(default="1", validValues=["500m", "1"]), []),
    Case(
        "1.3.12 fractions that are equal",
        _policy(default="500m", validValues=["0.5", "500m"]),
        [f'{_P}.validValues[1]: Duplicate value: "0.5"'],
    ),
    Case("1.3.13 fractions", _range("1", min="500m", max="1500m", step="250m"), []),
    Case(
        "1.3.13 off the fractional steps",
        _range("1", min="500m", step="300m"),
        [
            f'{_P}.validRange.step: Invalid value: "1": value is not a multiple of a given step (300m) from (500m)'
        ],
    ),
    Case(
        "1.3.13 finer than milli",
        _range("1", min="100u", step="1"),
        [f'{_P}.validRange.min: Invalid value: "100u": value cannot be represented as a milli value'],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_policy(case: Case) -> None:
    assert lines(validate("ResourceSlice", case.obj)) == case.errors


@pytest.mark.parametrize("case", FRACTIONAL_CASES, ids=repr)
def test_policy_with_fractions(case: Case) -> None:
    assert lines(validate("ResourceSlice", case.obj, features=FRACTIONAL)) == case.errors
