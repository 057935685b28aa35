"""Derived attributes: from the value of an expression to an attribute (dra-semantics 3.15.2)."""

from __future__ import annotations

import pytest

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.rules.derived import DerivedError, derive
from drakkar.api.resource import Device, DeviceAttribute, ResourceSliceSpec, decode

SPEC = decode(
    ResourceSliceSpec,
    {
        "driver": "d.io",
        "nodeName": "n",
        "pool": {"name": "n", "generation": 1, "resourceSliceCount": 1},
        "devices": [{"name": "d", "attributes": {"l": {"strings": ["a", "b"]}, "k": {"int": 3}}}],
    },
)
DEVICE: Device = SPEC.devices[0]
ENTRY = DeviceEntry(DEVICE, SPEC, ())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("device.attributes['d.io'].k * 2", DeviceAttribute(int_value=6)),
        ("device.driver", DeviceAttribute(string="d.io")),
        ("device.attributes['d.io'].l", DeviceAttribute(strings=("a", "b"))),
        ("[1, 2]", DeviceAttribute(ints=(1, 2))),
        ("[1] + [2]", DeviceAttribute(ints=(1, 2))),
        ("[]", DeviceAttribute(strings=())),
        ("[1].filter(x, x > 1)", DeviceAttribute(strings=())),
        ("[semver('1.0.0')] + [semver('2.0.0')]", DeviceAttribute(versions=("1.0.0", "2.0.0"))),
    ],
)
def test_what_an_expression_comes_to(expression: str, expected: DeviceAttribute) -> None:
    assert derive("x.io/y", expression, ENTRY) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("[dyn(1), dyn('a')]", "expected list element at index 1"),
        ("[dyn(1.5)]", "unsupported list element type"),
        ("dyn(1.5)", "unsupported CEL return type"),
        ("device.attributes['d.io'].missing", "no such key: missing"),
    ],
)
def test_what_is_no_attribute_says_why(expression: str, message: str) -> None:
    with pytest.raises(DerivedError, match=message):
        derive("x.io/y", expression, ENTRY)
