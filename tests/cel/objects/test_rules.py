"""What rules of a definition may name by its schema, what that is worth, and what it may cost."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.cel.objects.program import Program
from drakkar.cel.objects.rules import Declared, Reading, most_times, rule
from drakkar.cel.outcome import CompileError, EvalError

Object = dict[str, Any]
_TEXT = {"type": "string"}
_NAMED = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {"type": "object", "properties": {"name": _TEXT, "size": {"type": "integer"}}},
}
SCHEMA: Object = {
    "type": "object",
    "properties": {
        "number": {"type": "integer"},
        "share": {"type": "number"},
        "when": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "span": {"type": "string", "format": "duration"},
        "data": {"type": "string", "format": "byte"},
        "either": {"x-kubernetes-int-or-string": True},
        "gone": {"type": "string", "nullable": True},
        "loose": {"x-kubernetes-preserve-unknown-fields": True},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "named": _NAMED,
        "tags": {"type": "array", "items": _TEXT, "x-kubernetes-list-type": "set"},
        "plain": {"type": "array", "items": _TEXT},
        "nulls": {"type": "array", "items": {"type": "string", "nullable": True}},
        "labels": {"type": "object", "additionalProperties": {"type": "integer"}},
        "a-b": {"type": "integer"},
        "c.d": {"type": "integer"},
        "e__f": {"type": "integer"},
        "namespace": _TEXT,
        "x y": _TEXT,
    },
}
VALUE: Object = {
    "number": 3,
    "share": 2,
    "when": "2024-05-01T10:00:00.5+02:00",
    "day": "2024-05-01",
    "span": "1h30m",
    "data": "YWJj",
    "either": "5",
    "gone": None,
    "loose": [1],
    "free": {"x": 1},
    "named": [{"name": "a", "size": 1}, {"name": "b", "size": 2}],
    "tags": ["x", "y"],
    "plain": ["x", "y"],
    "nulls": [None, "x"],
    "labels": {"one": 1},
    "a-b": 1,
    "c.d": 2,
    "e__f": 3,
    "namespace": "home",
    "x y": "z",
}
TURNED: Object = {**VALUE, "named": VALUE["named"][::-1], "tags": ["y", "x"]}


def made(text: str, optional: bool = False, schema: Object = SCHEMA, stored: bool = True) -> Any:
    """A rule at the root of a schema."""
    declared = Declared(schema, False)
    environments = declared.environments(declared.root, stored)
    return rule(text, environments.optional if optional else environments.plain)


def asked(text: str, new: Object = VALUE, old: Object | None = None, optional: bool = False) -> Any:
    """What a rule comes to."""
    program = made(text, optional)
    assert isinstance(program, Program), program
    reading = Reading(Declared(SCHEMA, False).root, new, old)
    return program.run(reading.optional if optional else reading.plain).value


@pytest.mark.parametrize(
    "text",
    [
        "self.number + 1 == 4",
        "self.share == 2.0 && type(self.share) == double",
        "self.when == timestamp('2024-05-01T08:00:00.5Z')",
        "self.day == timestamp('2024-05-01T00:00:00Z')",
        "self.span == duration('90m')",
        "self.data == b'abc'",
        "type(self.either) == string && self.either == '5'",
        "!has(self.gone)",
        "self.nulls.exists(x, x.startsWith('x'))",
        "self.nulls.exists(x, x == 'x') && type(self.nulls[0]) == null_type",
        "self.named.map(x, x.size) == [1, 2] && self.named[1].name == 'b'",
        "self.labels.all(k, self.labels[k] == 1) && self.labels['one'] == 1",
        "self.labels.all(k, v, k == 'one' && v == 1)",
        "self.a__dash__b + self.c__dot__d + self.e__underscores__f == 6",
        "self.__namespace__ == 'home' && self.namespace == 'home'",
        "self.?number.orValue(0) == 3",
        "'x' in self.tags && !('z' in self.tags) && 'one' in self.labels",
        "self.plain + ['z'] == ['x', 'y', 'z']",
        "self.tags + ['z', 'x'] == ['x', 'y', 'z']",
        "(self.named + self.named).size() == 2",
        "self.free == self.free && self == self",
        "self.plain.map(x, x + x) == ['xx', 'yy'] && self.plain.join(',') == 'x,y'",
        "sets.contains(self.plain, self.tags) && self.plain.isSorted()",
    ],
)
def test_values_are_what_the_schema_says(text: str) -> None:
    assert asked(text) is True


def test_sets_and_maps_compare_in_any_order() -> None:
    assert asked("self.tags == oldSelf.tags && self.named == oldSelf.named", TURNED, VALUE) is True
    assert asked("self == oldSelf", TURNED, VALUE) is True
    assert asked("self.plain == ['y', 'x']") is False
    assert asked("self.tags == ['y', 'x'] && self.tags != ['x', 'x']") is True
    other = {**VALUE, "named": [{"name": "a", "size": 1}, {"name": "b", "size": 3}]}
    assert asked("self.named == oldSelf.named", other, VALUE) is False
    assert asked("(self.named + oldSelf.named)[1].size == 2", other, VALUE) is True


def test_what_is_kept_without_a_schema_is_compared_and_no_more() -> None:
    assert asked("self == oldSelf", {**VALUE, "loose": [2]}, VALUE) is False
    assert asked("self.free == oldSelf.free", {**VALUE, "free": {"x": 2}}, VALUE) is False


def test_an_old_value_may_be_optional() -> None:
    assert asked("oldSelf.hasValue()", optional=True) is False
    assert asked("oldSelf.value().number < self.number", VALUE, {**VALUE, "number": 1}, True) is True
    assert asked("oldSelf.?number.orValue(7) == 7", optional=True) is True


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({"number": 1.0}, "invalid data, expected int, got float64"),
        ({"number": "1"}, "invalid data, expected int, got string"),
        ({"number": True}, "invalid data, expected int, got bool"),
        ({}, "no such key: number"),
    ],
)
def test_what_is_not_as_the_schema_says_is_an_error(new: Object, said: str) -> None:
    assert asked("self.number == 1", new) == EvalError(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("self.nobody == 1", "undefined field 'nobody'"),
        ("self.loose == 1", "undefined field 'loose'"),
        ("self.free.x == 1", "undefined field 'x'"),
        ("self.number == 'x'", "found no matching overload for '_==_' applied to '(int, string)'"),
        ("cel.bind(x, 1, x == 1)", "undeclared reference to 'cel' (in container '')"),
        ("object.x == 1", "undeclared reference to 'object' (in container '')"),
    ],
)
def test_what_cannot_be_named(text: str, said: str) -> None:
    found = made(text)
    assert isinstance(found, CompileError)
    assert found.message == said


def test_what_came_last_only_stored_rules_may_say() -> None:
    assert isinstance(made("self.tags.includes('x')"), Program)
    assert isinstance(made("self.tags.includes('x')", stored=False), CompileError)


def test_a_resource_has_a_name_and_nothing_else_of_its_metadata() -> None:
    declared = Declared({"type": "object", "properties": {"spec": {"type": "object"}}}, True)
    environment = declared.environments(declared.root).plain
    assert isinstance(rule("self.metadata.name == self.kind && self.apiVersion != ''", environment), Program)
    assert isinstance(rule("self.metadata.labels.size() > 0", environment), CompileError)


@pytest.mark.parametrize(
    ("schema", "text", "cost"),
    [
        ({"type": "array", "maxItems": 10, "items": {"type": "integer"}}, "self.all(x, x > 1)", 52),
        ({"type": "string", "maxLength": 10}, "self == 'x'", 2),
        ({"type": "string"}, "self.contains('x')", 314_574),
        ({"type": "array", "items": {"type": "integer"}}, "size(self) > 1", 3),
    ],
)
def test_costs_are_those_of_the_largest_object(schema: Object, text: str, cost: int) -> None:
    assert made(text, schema=schema).most_cost() == cost


def test_how_often_a_place_may_be() -> None:
    source = {"type": "object", "required": ["name"], "properties": {"name": _TEXT}}
    # `{"name":""}` and a comma.
    assert most_times(Declared(source, False).root) == 3 * 1024 * 1024 // 13
