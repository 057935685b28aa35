"""What people get wrong in selectors, and what they are told beside the error."""

from __future__ import annotations

import pytest

from drakkar import cel
from drakkar.api.quantity import Quantity

A, C = "device.attributes['d.io']", "device.capacity['d.io']"
VIEW = cel.DeviceView(
    "d.io", {"d.io": {"model": "x"}, "o.io": {"numa": 1}}, {"d.io": {"memory": Quantity.parse("1Gi")}}
)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        (f"{C}.memory == '40Gi'", "write quantity('...') around it"),
        (f"'40Gi' == {C}.memory", "write quantity('...') around it"),
        (f"{C}.memory >= 40", "with the number as a text"),
        (f"{C}.memory > quantity('40Gi')", "use a.compareTo(b) > 0"),
        (f"semver('1.0.0') < {A}.version || semver('1.0.0') < semver('2.0.0')", "a semver has no <"),
        ("device.driver == 1", "a text and a number never compare"),
        ("1 + 1.0 == 2.0", "double(x)"),
        ("devise.driver == 'x'", "did you mean device?"),
        ("[1].exist(x, x == 1)", "did you mean exists?"),
        ("quantitty('1') == quantity('1')", "did you mean quantity?"),
        ("[1].all(number, numbr == 1)", "did you mean number?"),
        ("device.atributes['d'].x == 1", "did you mean device.attributes?"),
        ("device.model == 'x'", "device.attributes['DOMAIN'].model"),
    ],
)
def test_what_is_refused_comes_with_a_hint(expression: str, hint: str) -> None:
    error = cel.compile(expression)
    assert isinstance(error, cel.CompileError)
    assert hint in error.hint
    assert error.placed.endswith(error.hint)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        (f"{A}.modle == 'x'", "did you mean model?"),
        (f"{A}.numa == 1", "in the domain o.io"),
        (f"{A}.other == 1", "has(x.other)"),
        (f"{C}.memori == quantity('1')", "did you mean memory?"),
        ("1 / 0 == 1", ""),
    ],
)
def test_what_has_no_answer_comes_with_a_hint(expression: str, hint: str) -> None:
    selector = cel.compile(expression)
    assert isinstance(selector, cel.Selector)
    answer = selector.matches(VIEW)
    assert isinstance(answer, cel.EvalError)
    assert hint in answer.hint
    assert bool(hint) is bool(answer.hint)


def test_an_error_shows_its_place() -> None:
    error = cel.compile("true &&\n  device.diver == 'x'")
    assert isinstance(error, cel.CompileError)
    assert (error.kind, error.line, error.column, error.position) == ("field", 2, 9, 16)
    assert error.pointed == (
        "ERROR: <input>:2:9: undefined field 'diver'\n |   device.diver == 'x'\n | ........^"
    )
