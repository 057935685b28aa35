"""What it takes to hold objects and definitions to their rules is linear in their bytes, however they are made up."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from drakkar.apiserver.custom import declared, embedded, expression_rules, outcome, uniqueness, values
from drakkar.apiserver.custom.before import Before
from drakkar.apiserver.custom.defaulting import fill
from drakkar.apiserver.custom.definition import rules
from drakkar.apiserver.custom.form import form_of
from drakkar.apiserver.custom.schema import read
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.apiserver.wire.decoding import WrongTypeError
from drakkar.validation.field_error import MOST_TOLD, FieldError

from .samples import definition, version

Object = dict[str, Any]
LIST_MAP: Object = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k"],
    "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}},
}
NUMBERS: Object = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}},
}


def told(schema: Object, value: Any, old: Any = None) -> list[FieldError]:
    """The problems of a value, or of a change of one."""
    made = read(schema)
    before = None if old is None else Before(old, made)
    return outcome.told(values.problems(made, value, before), "")


def work(function: Callable[[], Any]) -> float:
    """Seconds of this thread's time that it takes."""
    began = time.thread_time()
    function()
    return time.thread_time() - began


def most_memory(function: Callable[[], Any]) -> int:
    """Bytes that are in use at once at most meanwhile."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def items(count: int, **last: int) -> list[Object]:
    """So many items of a list of type map; the last one has more."""
    made: list[Object] = [{"k": f"{number:x}"} for number in range(count)]
    made[-1] |= last
    return made


def listed(count: int) -> None:
    assert told(LIST_MAP, items(count, v=1), items(count)) == []


def wide(count: int) -> None:
    """Many small objects by a schema of as many fields."""
    properties = {f"p{number}": {"type": "string"} for number in range(count)}
    schema = {"type": "array", "items": {"type": "object", "properties": properties}}
    assert told(schema, [{"p0": "x"} for _ in range(count)]) == []


def named(count: int) -> None:
    """Many values by a schema of as many names."""
    names = [f"value-{number}" for number in range(count)]
    schema = {"type": "array", "items": {"type": "string", "enum": names}}
    assert told(schema, names) == []
    assert len(told(schema, ["x"] * count)) == count


def nested(count: int) -> None:
    """A value that was wrong before, at the end of as much that has not changed, and of as much depth."""
    schema: Object = {"type": "array", "items": {"type": "integer"}}
    value: Any = [*range(count), "x"]
    for _ in range(count // 400):
        schema = {"type": "object", "properties": {"a": schema, "b": {"type": "integer"}}}
        value = {"a": value}
    old = value
    for _ in range(count // 400):
        old = old["a"]
    assert told(schema, {**value, "b": 1}, {**value, "b": "y"}) == []


@pytest.mark.parametrize("look", [listed, wide, named])
def test_twice_as_much_takes_twice_as_long(look: Callable[[int], None]) -> None:
    few = min(work(lambda: look(1_000)) for _ in range(2))
    many = work(lambda: look(8_000))
    # Were it quadratic, it would be 64 times as long.
    assert many < 25 * few, (few, many)


def test_a_value_that_did_not_change_is_compared_once_however_deep_it_is() -> None:
    few = min(work(lambda: nested(2_000)) for _ in range(2))
    many = work(lambda: nested(32_000))
    assert many < 48 * few, (few, many)


LONG = "K" * 50_000
BELOW: list[tuple[str, Object, Any]] = [
    ("wrong", NUMBERS, {LONG: {f"{number:x}": "" for number in range(2_000)}}),
    ("right", NUMBERS, {LONG: {f"{number:x}": 1 for number in range(2_000)}}),
    (
        "missing",
        {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "object", "required": ["a"]}},
        },
        {LONG: [{}] * 2_000},
    ),
    (
        "forbidden",
        {
            "type": "object",
            "additionalProperties": {"type": "object", "properties": {}, "additionalProperties": False},
        },
        {LONG: {f"{number:x}": 1 for number in range(2_000)}},
    ),
    (
        "alternatives",
        {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {
                    "type": "integer",
                    "anyOf": [{"minimum": 5}, {"minimum": 6}],
                    "not": {"maximum": 1},
                },
            },
        },
        {LONG: [0] * 2_000},
    ),
    (
        "names",
        {"type": "array", "items": {"type": "string", "enum": [LONG, *(f"n{n}" for n in range(2_000))]}},
        ["x"] * 2_000,
    ),
]


@pytest.mark.parametrize(("schema", "value"), [one[1:] for one in BELOW], ids=[one[0] for one in BELOW])
def test_what_is_below_a_long_name_does_not_carry_it(schema: Object, value: Any) -> None:
    made = read(schema)
    assert most_memory(lambda: outcome.told(values.problems(made, value), "")) < 8 << 20


def test_so_many_problems_are_told_and_the_others_counted() -> None:
    found = told(NUMBERS, {LONG: {f"{number:x}": "" for number in range(2_000)}})
    assert len(found) == 2_000
    assert [one.is_untold for one in found] == [False] * MOST_TOLD + [True] * (2_000 - MOST_TOLD)
    assert {one.reason for one in found} == {"FieldValueTypeInvalid"}
    assert "(50001 letters)" in found[0].field or "(50000 letters)" in found[0].field
    assert max(len(one.message) for one in found) <= 4_000
    # The reason of one beyond those that are told counts as well.
    mixed = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "integer", "minimum": 1}}},
    }
    found = told({**mixed, "required": ["b"]}, {"a": list(range(-1_000, 0))})
    assert found[-1].reason == "FieldValueRequired"


def test_lists_embedded_objects_rules_and_configurations_do_not_carry_long_names_either() -> None:
    a_set = {
        "type": "array",
        "x-kubernetes-list-type": "set",
        "items": {"type": "array", "items": {"type": "string"}},
    }
    sets = read({"type": "object", "additionalProperties": {"type": "array", "items": a_set}})
    doubles = {LONG: [[["x"], ["x"]]] * 2_000}
    assert most_memory(lambda: uniqueness.problems(doubles, sets)) < 8 << 20
    whole = {
        "type": "object",
        "x-kubernetes-embedded-resource": True,
        "x-kubernetes-preserve-unknown-fields": True,
    }
    resources = read({"type": "object", "additionalProperties": {"type": "array", "items": whole}})
    assert most_memory(lambda: embedded.problems({LONG: [{}] * 2_000}, resources)) < 8 << 20
    ruled = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "x-kubernetes-validations": [{"rule": "self.a == 1"}],
    }
    by_rules = read(
        {
            "type": "object",
            "properties": {
                "m": {"type": "object", "additionalProperties": {"type": "array", "items": ruled}},
            },
        }
    )
    broken = {"m": {LONG: [{"a": 0}] * 2_000}}
    expression_rules.problems(by_rules, {"m": {}}, None)
    found: list[FieldError] = []
    assert most_memory(lambda: found.extend(expression_rules.problems(by_rules, broken, None))) < 16 << 20
    assert len(found) == 2_000
    told_of: list[str] = []
    expression_rules.problems(by_rules, broken, broken, told_of.append)
    assert len(told_of) == MOST_TOLD
    node = SchemaNode(schemas.definitions(), NUMBERS)
    strings = {LONG: {f"{number:x}": "" for number in range(2_000)}}
    assert most_memory(lambda: declared.complaints(strings, node)) < 8 << 20


@pytest.mark.parametrize("kind", ["strin", "string", "array", None])
def test_definitions_do_not_carry_long_names_either(kind: str | None) -> None:
    fields = {f"{number:x}": {"type": kind, "default": 5} for number in range(2_000)}
    made = definition(
        version(spec={"type": "object", "properties": {LONG: {"type": "object", "properties": fields}}})
    )
    made["status"] = {"storedVersions": ["v1"]}
    assert most_memory(lambda: rules.problems(made)) < 64 << 20


def test_defaults_do_not_make_more_of_an_object_than_can_be_stored() -> None:
    field = {"type": "string", "default": "x" * 1_000}
    item = {"type": "object", "properties": {f"f{number}": field for number in range(100)}}
    spec = {"type": "object", "properties": {"l": {"type": "array", "items": item}}}
    source = {"type": "object", "properties": {"spec": spec}}
    form = form_of(source, "a.example", "v1", "A", "AList", ())
    few = {"metadata": {"name": "a"}, "spec": {"l": [{} for _ in range(10)]}}
    assert form.fit(few)[0]["spec"]["l"][9]["f99"] == "x" * 1_000
    many = {"metadata": {"name": "a"}, "spec": {"l": [{} for _ in range(2_000)]}}

    def refused() -> None:
        with pytest.raises(WrongTypeError, match="too large with its defaults"):
            form.fit(many)

    assert most_memory(refused) < 64 << 20
    # What is stored is shown with those for which there is room.
    assert most_memory(lambda: form.read(many)) < 64 << 20


def test_fields_without_defaults_cost_an_object_nothing() -> None:
    def seconds(count: int) -> float:
        properties = {f"p{number}": {"type": "string"} for number in range(count)}
        schema = read({"type": "array", "items": {"type": "object", "properties": properties}})
        value: list[Object] = [{} for _ in range(count)]
        return work(lambda: fill(value, schema))

    few = min(seconds(1_000) for _ in range(3))
    assert seconds(8_000) < 25 * few
