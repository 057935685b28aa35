"""Patterns of custom kinds: how large they may be, and what searching for them may cost."""

from __future__ import annotations

import time
from typing import Any

import pytest
from work_units import unit, work

from drakkar.apiserver import beside
from drakkar.apiserver.custom import expression_rules, outcome, values
from drakkar.apiserver.custom.definition import rules
from drakkar.apiserver.custom.form import form_of
from drakkar.apiserver.custom.patterns import LARGEST, too_large
from drakkar.apiserver.custom.rules.asked import BUDGET
from drakkar.apiserver.custom.schema import read
from drakkar.apiserver.kinds.apiextensions import KINDS
from drakkar.cel.library import regex

from .samples import definition, version

Object = dict[str, Any]
HUGE = r"[ab]*a[\pLa]{900}z"


def listed(*patterns: str) -> Object:
    """The schema of an object of lists of texts, each of another pattern."""
    return {
        "type": "object",
        "properties": {
            f"f{at}": {"type": "array", "items": {"type": "string", "pattern": one}}
            for at, one in enumerate(patterns)
        },
    }


def problems(*patterns: str) -> list[str]:
    """What is wrong with the patterns of a definition."""
    made = definition(version(spec=listed(*patterns)))
    made["status"] = {"storedVersions": ["v1"]}
    return [one.message for one in rules.problems(made) if "pattern" in one.message]


def seconds(schema: Object, value: Any) -> tuple[float, list[str]]:
    """Of this thread's time, and what is wrong with a value."""
    made = read(schema)
    began = time.thread_time()
    found = outcome.told(values.problems(made, value), "")
    return time.thread_time() - began, [one.message for one in found]


@pytest.mark.parametrize(
    "patterns",
    [
        (HUGE,),
        ("(" + "|".join(rf"[ab]*a[\pLa]{{{count}}}z" for count in (900, 901, 902)) + ")",),
        tuple(r"[\pL]{60}" + str(number) for number in range(40)),
    ],
)
def test_patterns_that_become_too_large_are_refused_in_no_time(patterns: tuple[str, ...]) -> None:
    before = regex.compiled()
    with work() as done:
        found = problems(*patterns)
    assert len(found) == 1
    assert "too large to be compiled" in found[0]
    assert done.units < 500
    assert regex.compiled() - before < 4 * LARGEST


def test_patterns_of_real_kinds_are_not() -> None:
    label = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
    assert problems(label, r"^\d{1,999}$", r"^(?:[\w.-]{1,253}/)?[\pL\d]{1,60}$", "^.{0,1000}$") == []
    assert too_large(read(listed(*(f"^[a-z]{{1,63}}{number}$" for number in range(500))))) == ""


def test_what_is_stored_by_such_a_pattern_is_refused_in_no_time() -> None:
    before = regex.compiled()
    _, found = seconds(listed(HUGE), {"f0": ["ab" * 600] * 12})
    assert len(found) == 12
    assert regex.compiled() - before < 1_000_000


def test_searching_many_texts_is_bounded() -> None:
    slow = r"[ab]*a[ab]{900}z"
    _, none = seconds(listed(slow), {"f0": ["ab" * 300]})
    assert len(none) == 1
    took, found = seconds(listed(slow), {"f0": ["ab" * 300 + str(number) for number in range(20_000)]})
    assert (
        found == ["Invalid value: null: holding the object to its schema takes too long"]
        or "too long" in found[0]
    )
    assert took < 6_000 * unit()


def test_more_patterns_than_are_kept_do_not_cost_more_and_more() -> None:
    patterns = [r"^[\pL]{3}" + str(number) for number in range(200)]
    schema = {"type": "array", "items": listed(*patterns)}
    whole = {f"f{number}": ["x"] for number in range(200)}
    before = regex.compiled()
    assert len(seconds(schema, [whole])[1]) == 200
    assert regex.compiled() - before < 1_000_000
    assert "too long" in seconds(schema, [whole] * 10)[1][0]
    assert regex.compiled() - before < 4_000_000


def test_patterns_of_rules_are_bounded_as_well_and_asked_beside_the_loop() -> None:
    def ruled(*texts: str) -> Object:
        field = {"type": "string", "maxLength": 10}
        said = [{"rule": text} for text in texts]
        return {"type": "object", "properties": {"a": field}, "x-kubernetes-validations": said}

    cheap = read(ruled("self.a == 'x'"))
    assert expression_rules.weight(cheap) == 0
    searching = read(ruled("self.a.matches('^x$')"))
    assert expression_rules.weight(searching) > beside.LIGHT
    many = read(ruled(*(rf"!self.a.matches('[\\pL]{{{number}}}i')" for number in range(100, 160))))
    before = regex.compiled()
    found = expression_rules.problems(many, {"a": "x"}, None)
    assert BUDGET > 0
    assert "out of cost budget" in found[-1].message
    assert regex.compiled() - before < 4_000_000


def test_objects_by_dear_patterns_and_definitions_are_looked_at_beside_the_loop() -> None:
    dear = form_of(listed(r"^[\pL]{9}$"), "a.example", "v1", "A", "AList", ())
    plain = form_of(listed("^[a-z]+$"), "a.example", "v1", "A", "AList", ())
    assert plain.weight < beside.LIGHT < dear.weight
    assert KINDS[0].strategy.effort * 300 > beside.LIGHT
