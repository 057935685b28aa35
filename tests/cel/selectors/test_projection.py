"""What a selector says that it reads, and that it reads no more."""

from __future__ import annotations

import random

import pytest

from drakkar import cel
from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version

A, C = "device.attributes['d.io']", "device.capacity['d.io']"


def _selector(expression: str) -> cel.Selector:
    selector = cel.compile(expression)
    assert isinstance(selector, cel.Selector), selector
    return selector


@pytest.mark.parametrize(
    ("expression", "projection"),
    [
        ("true", (False, False, (), ())),
        ("device.driver == 'd.io'", (True, False, (), ())),
        ("device.allowMultipleAllocations", (False, True, (), ())),
        (f"{A}.model == 'x'", (False, False, (("d.io", "model"),), ())),
        (f"{A}['model'] == 'x'", (False, False, (("d.io", "model"),), ())),
        (f"{A}.?model.orValue('') == 'x'", (False, False, (("d.io", "model"),), ())),
        (f"has({A}.model) && {A}.a == 1", (False, False, (("d.io", "a"), ("d.io", "model")), ())),
        (f"'model' in {A}", (False, False, (("d.io", "model"),), ())),
        ("'d.io' in device.attributes", (False, False, (("d.io", None),), ())),
        (f"cel.bind(d, {A}, d.model == 'x')", (False, False, (("d.io", "model"),), ())),
        (f"{A}.size() == 1 && {A}.model == 'x'", (False, False, (("d.io", None),), ())),
        (f"{A}.all(name, name != '')", (False, False, (("d.io", None),), ())),
        ("device.attributes.size() == 1", (False, False, ((None, None),), ())),
        ("device.attributes[device.driver].a == 1", (True, False, ((None, None),), ())),
        (f"{C}.memory.isLessThan(quantity('1'))", (False, False, (), (("d.io", "memory"),))),
        ("[1].all(device, device == 1)", (False, False, (), ())),
        ("[device].size() == 1", (True, True, ((None, None),), ((None, None),))),
    ],
)
def test_a_selector_says_what_it_reads(expression: str, projection: tuple[object, ...]) -> None:
    assert tuple(_selector(expression).projection) == projection


_VALUES = (1, True, 0, False, "1", "x", Version.parse("1.0.0"), Version.parse("1.0.0+b"), (1, 2), ("x",), ())
_EXPRESSIONS = (
    f"{A}.a == 1 || {A}.a == true",
    f"{A}.?a.hasValue() && {A}.?b.orValue('x') == 'x'",
    f"{A}.size() > 1 && '{{a}}' in {A}",
    f"cel.bind(d, {A}, has(d.a) ? d.a == d.b : false)",
    f"{A}.exists(n, n == 'b')",
    "device.attributes.exists(domain, domain == 'o.io')",
    f"{C}.m.compareTo(quantity('1')) > 0 && {A}.a == 'x'",
    f"{C}.m.isInteger() || device.driver == 'd.io'",
)


def _view(rng: random.Random) -> cel.DeviceView:
    domains = {
        domain: {name: rng.choice(_VALUES) for name in "abc" if rng.random() < 0.7}
        for domain in ("d.io", "o.io")
        if rng.random() < 0.8
    }
    capacity = (
        {"d.io": {"m": Quantity.parse(rng.choice(("1", "1000m", "2Gi")))}} if rng.random() < 0.8 else {}
    )
    return cel.DeviceView(rng.choice(("d.io", "o.io")), domains, capacity, rng.random() < 0.5)


@pytest.mark.parametrize("expression", _EXPRESSIONS)
def test_devices_with_the_same_key_get_the_same_answer(expression: str) -> None:
    selector, rng = _selector(expression), random.Random(expression)
    answers: dict[object, object] = {}
    for _ in range(3000):
        view = _view(rng)
        key = selector.projection.key(view)
        answer = selector.matches(view)
        said = answer.message if isinstance(answer, cel.EvalError) else answer
        assert answers.setdefault(key, said) == said, view
    assert len(answers) > 1
