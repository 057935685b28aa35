"""What a structural schema does to objects: pruning, nulls, defaults, validation, ratcheting, and its bounds."""

from __future__ import annotations

from typing import Any

import pytest
from work_units import work

from drakkar.apiserver.custom import outcome, uniqueness, values
from drakkar.apiserver.custom.before import Before
from drakkar.apiserver.custom.defaulting import fill
from drakkar.apiserver.custom.definition import structure_rules
from drakkar.apiserver.custom.pruning import Unknown, drop_nulls, pruned
from drakkar.apiserver.custom.schema import read
from drakkar.apiserver.custom.simple_path import PathError, Purse, first, parsed
from drakkar.apiserver.custom.string_formats import has_format
from drakkar.apiserver.custom.where import Where

Object = dict[str, Any]
_STRING = {"type": "string"}


def told(source: Object, value: Any, old: Any = None) -> list[str]:
    """What is wrong with a value, as `field: message`."""
    schema = read(source)
    before = None if old is None else Before(old, schema)
    return [f"{one.field}: {one.message}" for one in outcome.told(values.problems(schema, value, before), "")]


def test_unknown_fields_are_pruned_and_told_of() -> None:
    schema = read(
        {
            "type": "object",
            "properties": {
                "spec": {"type": "object", "properties": {"a": _STRING}},
                "free": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": True,
                    "properties": {"known": {"type": "object", "properties": {"a": _STRING}}},
                },
                "list": {"type": "array", "items": {"type": "object", "properties": {"a": _STRING}}},
                "map": {"type": "object", "additionalProperties": {"type": "object"}},
            },
        }
    )
    obj = {
        "kind": "K",
        "metadata": {"any": 1},
        "spec": {"a": "x", "b": 1},
        "free": {"b": {"c": 1}, "known": {"a": "x", "d": 2}},
        "list": [{"a": "x", "e": 3}],
        "map": {"k": {"f": 4}},
        "other": 5,
    }
    unknown = Unknown()
    assert pruned(obj, schema, unknown) == {
        "kind": "K",
        "metadata": {"any": 1},
        "spec": {"a": "x"},
        "free": {"b": {"c": 1}, "known": {"a": "x"}},
        "list": [{"a": "x"}],
        "map": {"k": {}},
    }
    assert unknown.listed() == ["free.known.d", "list[0].e", "map.k.f", "other", "spec.b"]
    assert obj["other"] == 5


def test_nulls_go_where_they_mean_nothing() -> None:
    schema = read(
        {
            "properties": {
                "a": _STRING,
                "b": {"type": "string", "nullable": True},
                "c": {"type": "string", "default": "x"},
                "d": {"type": "string", "nullable": True, "default": "y"},
            }
        }
    )
    value = {"a": None, "b": None, "c": None, "d": None}
    drop_nulls(value, schema)
    fill(value, schema)
    assert value == {"b": None, "c": "x", "d": None}


def test_defaults_are_filled_in_what_was_filled_in() -> None:
    schema = read(
        {
            "properties": {
                "o": {
                    "type": "object",
                    "default": {},
                    "properties": {"n": {"type": "integer", "default": 5}},
                },
                "m": {
                    "type": "object",
                    "additionalProperties": {"type": "object", "properties": {"n": {"default": 1}}},
                },
                "l": {"type": "array", "items": {"type": "object", "properties": {"n": {"default": 2}}}},
            }
        }
    )
    value: Object = {"m": {"k": {}}, "l": [{}, {"n": 3}]}
    fill(value, schema)
    assert value == {"m": {"k": {"n": 1}}, "l": [{"n": 2}, {"n": 3}], "o": {"n": 5}}
    value["o"]["n"] = 9
    other: Object = {}
    fill(other, schema)
    assert other["o"] == {"n": 5}


@pytest.mark.parametrize(
    ("source", "value", "said"),
    [
        (
            {"type": "integer"},
            "x",
            'spec: Invalid value: "string": spec in body must be of type integer: "string"',
        ),
        (
            {"type": "integer", "maximum": 3},
            4,
            "spec: Invalid value: 4: spec in body should be less than or equal to 3",
        ),
        ({"type": "string", "maxLength": 2}, "abc", "spec: Too long: may not be more than 2 bytes"),
        (
            {"type": "string", "enum": ["a", "b"]},
            "c",
            'spec: Unsupported value: "c": supported values: "a", "b"',
        ),
        (
            {"type": "string", "pattern": "^a$"},
            "b",
            "spec: Invalid value: \"b\": spec in body should match '^a$'",
        ),
        ({"type": "object", "required": ["a"]}, {}, "spec.a: Required value"),
        (
            {"type": "array", "items": _STRING, "maxItems": 1},
            ["a", "b"],
            "spec: Too many: 2: must have at most 1 item",
        ),
        ({"type": "number", "multipleOf": 0.1}, 0.3, ""),
        ({"type": "number", "multipleOf": 0.01}, 4.35, ""),
        ({"x-kubernetes-int-or-string": True}, "5", ""),
        ({"type": "integer"}, 1.0, ""),
        ({"type": "string", "format": "nobody-knows"}, "x", ""),
    ],
)
def test_values_are_held_to_their_schema(source: Object, value: Any, said: str) -> None:
    assert told({"type": "object", "properties": {"spec": source}}, {"spec": value}) == (
        [said] if said else []
    )


def test_what_was_wrong_before_and_stays_is_let_be() -> None:
    source = {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "maximum": 3},
            "b": {"type": "string"},
            "l": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
                "items": {
                    "type": "object",
                    "properties": {"k": _STRING, "v": {"type": "integer", "maximum": 3}},
                },
            },
        },
    }
    old = {"a": 9, "l": [{"k": "x", "v": 9}]}
    assert told(source, {**old, "b": "new"}, old) == []
    assert told(source, {"a": 9, "l": [{"k": "y", "v": 1}, {"k": "x", "v": 9}]}, old) == []
    assert len(told(source, {"a": 10, "l": [{"k": "x", "v": 8}]}, old)) == 2


def test_items_of_sets_and_maps_are_told_apart() -> None:
    schema = read(
        {
            "properties": {
                "s": {"type": "array", "x-kubernetes-list-type": "set", "items": {}},
                "m": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["a", "b"],
                    "items": {"type": "object"},
                },
            }
        }
    )
    value = {"s": [1, "1", True, 1, 1], "m": [{"a": 1}, {"b": 1}, {"b": 1, "c": 2}]}
    found = uniqueness.problems(value, schema)
    assert [(one.field, one.message) for one in found] == [
        ("s[3]", "Duplicate value: 1"),
        ("m[2]", 'Duplicate value: {"b":1}'),
    ]


def test_work_has_a_bound() -> None:
    refined = {"type": "array", "items": {"anyOf": [{"minimum": -n, "type": "x"} for n in range(2_000)]}}
    with work() as done:
        found = told({"type": "object", "properties": {"a": refined}}, {"a": [0] * 50_000})
    assert found == ['<nil>: Invalid value: "": holding the object to its schema takes too long']
    assert done.units < 3_000


def test_schemas_and_values_may_be_as_deep_as_a_body() -> None:
    source: Object = {"type": "string"}
    value: Any = 5
    for turn in range(90):
        source = {"type": "object", "properties": {"a": source}}
        value = {"a": value}
        if turn % 3 == 0:
            source = {**source, "allOf": [{"required": ["a"]}]}
    assert len(told(source, value)) == 1
    assert structure_rules.problems(source, Where("s")) == []
    pruned(value, read(source))
    fill(value, read(source))


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        (".a.b", {"a": {"b": 1}}, 1),
        (".a[1]", {"a": [1, 2]}, 2),
        (".a[-1]", {"a": [1, 2]}, 2),
        (".a[*].b", {"a": [{"b": 3}, {"b": 4}]}, 3),
        ('.a[?(@.t=="R")].s', {"a": [{"t": "N", "s": 1}, {"t": "R", "s": 2}]}, 2),
        (".a[?(@.n>1)].n", {"a": [{"n": 1}, {"n": 2}]}, 2),
        (r".a.b\.c/d", {"a": {"b.c/d": 5}}, 5),
        (".a['b.c']", {"a": {"b.c": 6}}, 6),
        ("..b", {"a": [{"b": 7}]}, 7),
        (".a.b", {"a": [1]}, None),
    ],
)
def test_paths_of_columns(path: str, value: Object, found: Any) -> None:
    assert first(value, parsed(path), Purse(10_000)) == (found is not None, found)


@pytest.mark.parametrize("path", [".a[", ".a[x]", ".", "..", ".a[?(@.b=~/c/)]", "." * 5000, ".a]"])
def test_paths_that_are_none(path: str) -> None:
    try:
        first({"a": 1}, parsed(path), Purse(10_000))
    except PathError:
        pass


def test_formats_are_what_go_takes_them_for() -> None:
    assert has_format("2024-02-29T12:00:00Z", "date-time") and not has_format(
        "2023-02-29T12:00:00Z", "date-time"
    )
    assert has_format("4111 1111 1111 1111", "creditcard") and not has_format(
        "4111 1111 1111 1112", "creditcard"
    )
    assert has_format("978-0321751041", "isbn") and has_format("0321751043", "isbn10")
    assert has_format("rgb(1, 2,3)", "rgbcolor") and not has_format("rgb(1,2,300)", "rgbcolor")
    assert has_format("anything", "nobody-knows")


@pytest.mark.parametrize("value", [1e308, -1e308, 10**30, 10**400, -(10**400), 9007199254740993.0, 5e-324])
@pytest.mark.parametrize("factor", [0.1, 1e-320, 1.5, 3, 1e300, 10**18])
@pytest.mark.parametrize("kind", ["number", "integer"])
def test_numbers_of_any_size_are_held_to_their_multiples(value: float, factor: float, kind: str) -> None:
    schema = {"type": kind, "multipleOf": factor, "minimum": -1e308, "maximum": 1e308}
    assert all(isinstance(one, str) for one in told(schema, value))


@pytest.mark.parametrize(
    ("value", "factor", "fits"),
    [
        (0.3, 0.1, True),
        (1e308, 0.1, False),
        (1e15, 0.1, False),
        (1e14, 0.1, True),
        (0.05, 0.1, False),
        (0.0, 0.1, True),
    ],
)
def test_multiples_are_those_of_go(value: float, factor: float, fits: bool) -> None:
    assert (told({"type": "number", "multipleOf": factor}, value) == []) is fits
