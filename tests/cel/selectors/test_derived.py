"""Expressions of derived attributes: which types they may have, and what they come to."""

from __future__ import annotations

import pytest

from drakkar import cel
from drakkar.api.features import LIST_ATTRIBUTES, Features
from drakkar.api.semver import Version

DEVICE = cel.DeviceView("d.io", {"d.io": {"k": 3, "l": ("a", "b")}}, {})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("device.attributes['d.io'].k + 1", 4),
        ("'x' + device.driver", "xd.io"),
        ("device.driver == 'd.io'", True),
        ("semver('1.2.3')", Version.parse("1.2.3")),
        ("[1, 2]", (1, 2)),
        ("dyn(1)", 1),
    ],
)
def test_scalars_and_lists_of_them_are_values(expression: str, value: object) -> None:
    derived = cel.compile_derived(expression)
    assert isinstance(derived, cel.Derived), derived
    assert derived.value(DEVICE) == value


@pytest.mark.parametrize("expression", ["1.5", "quantity('1')", "{'a': 1}", "[[1]]", "device", "b'x'"])
def test_other_types_are_refused(expression: str) -> None:
    outcome = cel.compile_derived(expression)
    assert isinstance(outcome, cel.CompileError) and "must evaluate to a primitive scalar" in outcome.message


def test_lists_need_their_gate_in_a_new_expression() -> None:
    off = Features.default()
    assert isinstance(cel.compile_derived("[1]", off), cel.CompileError)
    assert isinstance(cel.compile_derived("[1]", Features(off | {LIST_ATTRIBUTES})), cel.Derived)


def test_what_fails_on_a_device_is_an_error_of_that_device() -> None:
    derived = cel.compile_derived("device.attributes['d.io'].missing")
    assert isinstance(derived, cel.Derived)
    assert isinstance(derived.value(DEVICE), cel.EvalError)
