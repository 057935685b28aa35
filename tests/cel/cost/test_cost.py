"""Costs as upstream counts them: the estimate that refuses an expression, and the limit at run time."""

from __future__ import annotations

import pytest

from drakkar import cel

D = "device.attributes['d.io']"
VIEW = cel.DeviceView("d.io", {"d.io": {"a": 1, "s": "x", "l": ("a", "b")}}, {})
LARGEST = 2**64 - 1


# What Kubernetes 1.37.2 estimates for each.
@pytest.mark.parametrize(
    ("expression", "cost"),
    [
        ("true", 0),
        ("device.driver == 'd.io'", 3),
        (f"has({D}.model)", 3),
        (f"{D}.model == 'x'", 5),
        (f"{D}.l.exists(x, x == 'b')", 389),
        (f"cel.bind(d, {D}, d.b && d.s == 'x')", 18),
        ("{'a': 1}.transformMap(k, v, v + 1) == {'a': 2}", 97),
        ("[3, 1, 2].sortBy(x, -x) == [3, 2, 1]", 115),
        (f"{D}.tags.distinct().size() == 1", 8209),
        ("['a'].reverse().max() == 'a'", 1844674407370955288),
        ("lists.range(353).all(x, lists.range(372).all(y, x + y >= 0))", 1_056_188),
    ],
)
def test_the_estimate(expression: str, cost: int) -> None:
    selector = cel.compile(expression)
    assert isinstance(selector, cel.Selector)
    assert selector.max_cost == cost


@pytest.mark.parametrize(
    "expression",
    [
        "lists.range(800).all(x, lists.range(800).all(y, x + y >= 0))",
        "true || lists.range(800).all(x, lists.range(800).all(y, x + y >= 0)) ? "
        "lists.range(800).exists(x, lists.range(800).exists(y, x + y < 0)) : true",
    ],
)
def test_what_costs_too_much_is_stopped_and_nothing_absorbs_that(expression: str) -> None:
    selector = cel.compile(expression)
    assert isinstance(selector, cel.Selector)
    assert selector.max_cost > cel.COST_LIMIT
    answer = selector.matches(VIEW)
    assert isinstance(answer, cel.EvalError)
    assert "actual cost limit exceeded" in answer.message


def test_what_might_cost_too_much_may_still_be_cheap() -> None:
    selector = cel.compile("false && lists.range(800).all(x, lists.range(800).all(y, x + y >= 0))")
    assert isinstance(selector, cel.Selector)
    assert selector.max_cost > cel.COST_LIMIT
    assert selector.matches(VIEW) is False
    assert selector.cost(VIEW) == 0


def test_an_expression_never_costs_more_than_the_most_that_is_said() -> None:
    for expression in (
        f"{D}.s == 'x' && {D}.a > 0",
        f"{D}.l.exists(x, x == 'b')",
        "[1, 2].map(x, x * 2).size() == 2",
    ):
        selector = cel.compile(expression)
        assert isinstance(selector, cel.Selector)
        assert selector.cost(VIEW) <= selector.max_cost


def test_a_chain_of_macros_that_doubles_itself_is_refused_before_it_is_large() -> None:
    error = cel.compile("optional.of(1)" + ".optMap(x, x)" * 60 + ".hasValue()")
    assert isinstance(error, cel.CompileError)
    assert "too large" in error.message


def test_a_run_that_is_begun_again_is_paid_once() -> None:
    # Too deep for Python's own limit; each level costs the same.
    def cost(levels: int) -> int:
        selector = cel.compile("{'a': " * levels + "device.driver == ''" + " || false}.a" * levels)
        assert isinstance(selector, cel.Selector)
        return selector.cost(cel.DeviceView("d.io", {}, {}))

    assert cost(240) - cost(120) == cost(120) - cost(0)
