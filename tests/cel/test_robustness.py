from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from work_units import work

from drakkar import cel
from drakkar.api.quantity import Quantity

DEVICE = cel.DeviceView(
    "d.io", {"d.io": {"a": 1, "s": "x", "b": True}}, {"d.io": {"m": Quantity.parse("1Gi")}}
)
_PIECES = (
    *("device", ".", "driver", "attributes", "capacity", "[", "]", "(", ")"),
    *("{", "}", "'d.io'", '"x"', "a", "s", "b", "m", "1"),
    *("2u", "3.5", "true", "false", "null", "==", "!=", "<", ">="),
    *("&&", "||", "!", "-", "+", "*", "/", "%", "?"),
    *(":", ",", "in", "has", "all", "exists", "map", "filter", "size"),
    *("quantity('1Gi')", "semver('1.2.3')", ".?", "[?", "orValue", "cel.bind", "x", "r'\\d'", "b'z'"),
    "0x1F",
)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_PIECES), max_size=14).map(" ".join)))
def test_any_text_is_a_selector_or_an_error(text: str) -> None:
    selector = cel.compile(text)
    if isinstance(selector, cel.Selector):
        assert isinstance(selector.matches(DEVICE), bool | cel.EvalError)
    else:
        assert isinstance(selector, cel.CompileError)


_ATOMS = (
    "true",
    "false",
    "device.attributes['d.io'].a == 1",
    "device.attributes['d.io'].none == 1",
    "device.attributes['d.io'].b",
    "device.attributes['d.io'].s",
    "1 / 0 == 1",
    "device.capacity['d.io'].m == quantity('1Gi')",
)


def _random_expression(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(_ATOMS)

    def inner() -> str:
        return _random_expression(rng, depth - 1)

    match rng.randrange(6):
        case 0:
            return f"({inner()} && {inner()})"
        case 1:
            return f"({inner()} || {inner()})"
        case 2:
            return f"!({inner()})"
        case 3:
            return f"({inner()} ? {inner()} : {inner()})"
        case 4:
            return f"[1, 2].{rng.choice(('all', 'exists', 'exists_one'))}(x, x == 1 && {inner()})"
    return f"[{inner()}, true][0] == {inner()}" if depth == 1 else inner()


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_the_compiled_form_gives_the_answer_of_the_interpreter(seed: int) -> None:
    expression = _random_expression(random.Random(seed), 4)
    selector = cel.compile(expression)
    if isinstance(selector, cel.CompileError):
        return
    answer = selector.matches(DEVICE)
    expected = cel.evaluate(expression, DEVICE)
    if not isinstance(expected, bool):
        assert isinstance(answer, cel.EvalError), expression
    else:
        assert answer is expected, expression


def test_a_tower_of_failures_is_run_once() -> None:
    # Each level that ran its inside twice would double the time: 2 ** 40 runs never end.
    selector = cel.compile("!(dyn(" * 40 + "1" + "))" * 40)
    assert isinstance(selector, cel.Selector)
    assert isinstance(selector.matches(DEVICE), cel.EvalError)


@pytest.mark.parametrize("start", ["1", "[]", "dyn(1)"])
@pytest.mark.parametrize("end", ["{} == 1", "{}.size() == 1", "[{}, 1]", "{}.x", "{} == {}"])
def test_names_that_double_a_type_take_no_time(start: str, end: str) -> None:
    # Each name stands for the one before it twice: written out, the type of the last has 2 ** 60 names.
    for levels in (10, 60):
        names = "".join(f"cel.bind(a{n + 1}, {{a{n}: a{n}}}, " for n in range(levels))
        body = end.replace("{}", f"a{levels}")
        with work() as done:
            selector = cel.compile(f"cel.bind(a0, {start}, {names}{body}{')' * (levels + 1)}")
        assert done.units < 100
        if levels == 60:
            assert isinstance(selector, cel.CompileError)
            assert selector.message == "the types of the expression become too large"


def test_types_that_fit_only_in_the_end_are_compared_so_often() -> None:
    def doubled(name: str, start: str, body: str) -> str:
        names = "".join(f"cel.bind({name}{n + 1}, {{{name}{n}: {name}{n}}}, " for n in range(10))
        return f"cel.bind({name}0, {start}, {names}{body}{')' * 11}"

    items = ", ".join(["a10", "b10"] * 200)
    with work() as done:
        selector = cel.compile(doubled("a", "1", doubled("b", "dyn(1)", f"[{items}].size() == 400")))
    assert done.units < 100
    assert isinstance(selector, cel.CompileError)


def _doubled(name: str, start: str, step: str, body: str) -> str:
    """`body` where a name stands for a value that holds `start` 2 ** 40 times, by way of 40 names."""
    names = "".join(f"cel.bind({name}{n + 1}, {step.replace('{}', f'{name}{n}')}, " for n in range(40))
    return f"cel.bind({name}0, {start}, {names}{body.replace(name, f'{name}40')}{')' * 41}"


@pytest.mark.parametrize("start", ["[dyn(device.driver)]", "[dyn('x')]", "optional.of(device.driver)"])
@pytest.mark.parametrize(
    "step",
    [
        *("[dyn({}), dyn({})]", "{'a': dyn({}), 'b': dyn({})}"),
        *("[optional.of(dyn({})), optional.of(dyn({}))]", "[dyn({})] + [dyn({})]"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        "left == right",
        "left != right",
        "left in [right]",
        "dyn(left).includes(dyn(right))",
        "[dyn(left), dyn(right)].distinct() == []",
        "left == right && 1 / 0 == 1",
    ],
)
def test_values_that_double_themselves_take_no_time(start: str, step: str, body: str) -> None:
    with work() as done:
        selector = cel.compile(_doubled("left", start, step, _doubled("right", start, step, body)))
        assert isinstance(selector, cel.Selector)
        answer = selector.matches(DEVICE)
    assert done.units < 100
    assert isinstance(answer, bool | cel.EvalError)
    if body in ("left == right", "left != right"):
        assert answer is (body == "left == right")


def test_an_error_among_values_that_double_themselves_is_found_once() -> None:
    texts = (("left", "[semver('1.0.0')] + [semver('2.0.0')]"), ("right", "[1, 2]"))
    body = "left == right"
    for name, start in texts:
        body = _doubled(name, f"dyn({start})", "dyn([{}] + [{}])", body)
    selector = cel.compile(body)
    assert isinstance(selector, cel.Selector)
    with work() as done:
        answer = selector.matches(DEVICE)
    assert done.units < 100
    assert isinstance(answer, cel.EvalError) and "no such overload" in answer.message


def test_what_doubles_itself_is_counted_in_no_time() -> None:
    body = "left.indexOf(dyn(1)) == -1 && 1 / 0 == 1"
    selector = cel.compile(_doubled("left", "[dyn('twenty letters or so')]", "[dyn({}), dyn({})]", body))
    assert isinstance(selector, cel.Selector)
    with work() as done:
        answer = selector.matches(DEVICE)
    assert done.units < 100
    assert isinstance(answer, cel.EvalError)
    assert "cost limit" in answer.message
