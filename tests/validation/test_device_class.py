"""DeviceClass (dra-semantics 1.4)."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.validation import validate

from .objects import KEY, Case, Object, lines, opaque, with_spec

_NAME = "spec.extendedResourceName: Invalid value"
_BAD = {"cel": {"expression": "nonsense"}}


def _class(**spec: Any) -> Object:
    return with_spec("DeviceClass", spec)


CASES = [
    Case("1.4.1 empty", _class(), []),
    Case(
        "1.2 selectors and config",
        _class(selectors=[{"cel": {"expression": "true"}}] * 33, config=[opaque()] * 33),
        [
            "spec.selectors: Too many: 33: must have at most 32 items",
            "spec.config: Too many: 33: must have at most 32 items",
        ],
    ),
    Case(
        "1.4.1 selector and config",
        _class(selectors=[_BAD, {}], config=[{}]),
        [
            'spec.selectors[0].cel.expression: Invalid value: "nonsense": compilation failed: ERROR: <input>:1:1: '
            "undeclared reference to 'nonsense' (in container '')\n | nonsense\n | ^",
            "spec.selectors[1].cel: Required value",
            "spec.config[0].opaque: Required value",
        ],
    ),
    Case(
        "1.4.2 an unchanged selector",
        _class(selectors=[_BAD], config=[opaque()]),
        [],
        _class(selectors=[_BAD]),
    ),
    Case(
        "1.4.2 selectors in another order",
        _class(selectors=[{"cel": {"expression": "true"}}, _BAD]),
        [
            'spec.selectors[1].cel.expression: Invalid value: "nonsense": compilation failed: ERROR: <input>:1:1: '
            "undeclared reference to 'nonsense' (in container '')\n | nonsense\n | ^"
        ],
        _class(selectors=[_BAD, {"cel": {"expression": "true"}}]),
    ),
    Case(
        "1.4.2 unchanged parameters may be large",
        _class(config=[opaque(parameters={"x": "y" * 10240})], extendedResourceName="example.com/gpu"),
        [],
        _class(config=[opaque(parameters={"x": "y" * 10240})]),
    ),
    Case(
        "1.4.2 new parameters may not",
        _class(config=[opaque(parameters={"x": "y" * 10240})]),
        ["spec.config[0].opaque.parameters: Too long: may not be more than 10240 bytes"],
        _class(),
    ),
    Case("1.4.3 a name", _class(extendedResourceName="example.com/gpu"), []),
    Case(
        "1.4.3 no domain",
        _class(extendedResourceName="gpu"),
        [f"{_NAME}: \"gpu\": a name must be a domain-prefixed path, such as 'example.com/my-prop'"],
    ),
    Case(
        "1.4.3 a native domain",
        _class(extendedResourceName="kubernetes.io/gpu"),
        [f'{_NAME}: "kubernetes.io/gpu": must not have "kubernetes.io/" domain'],
    ),
    Case(
        "1.4.3 a quota",
        _class(extendedResourceName="requests.example.com/-"),
        [
            f'{_NAME}: "requests.example.com/-": must not have "requests." prefix',
            f'{_NAME}: "requests.example.com/-": {KEY}',
        ],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_class(case: Case) -> None:
    assert lines(validate("DeviceClass", case.obj, case.old)) == case.errors
