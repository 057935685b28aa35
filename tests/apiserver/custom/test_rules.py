"""The rules of a definition in CEL: asked of new objects and of changes, let pass what was wrong before, within a budget."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from drakkar.apiserver import beside
from drakkar.apiserver.custom import expression_rules
from drakkar.apiserver.custom.definition import rules as definition_rules
from drakkar.apiserver.custom.rules.field_path import field_path
from drakkar.apiserver.custom.schema import Schema, read
from drakkar.client import InvalidError
from drakkar.testing import MemoryApi

from .samples import DEFINITIONS, GROUP, THINGS, define, definition, thing, version

Object = dict[str, Any]
MERGE = {"Content-Type": "application/merge-patch+json"}
_NUMBER = {"type": "integer"}


def ruled(base: Object, *rules: Object | str) -> Object:
    """A schema with rules."""
    given = [{"rule": one} if isinstance(one, str) else one for one in rules]
    return {**base, "x-kubernetes-validations": given}


def whole(spec: Object) -> Schema:
    """The schema of an object with such a spec."""
    return read({"type": "object", "properties": {"spec": spec}})


def told(spec: Object, new: Any, old: Any = None, warned: list[str] | None = None) -> list[str]:
    """What the rules have against a spec, as `field: message`."""
    warn = (warned if warned is not None else []).append
    before = None if old is None else {"spec": old}
    found = expression_rules.problems(whole(spec), {"spec": new}, before, warn)
    return [f"{one.field}: {one.message}" for one in found]


SPEC = ruled(
    {
        "type": "object",
        "properties": {
            "a": _NUMBER,
            "b": ruled(_NUMBER, {"rule": "self < 9", "reason": "FieldValueForbidden", "message": " too many "}),
            "fixed": ruled(_NUMBER, {"rule": "self == oldSelf", "message": "is fixed"}),
            "named": {
                "type": "array",
                "maxItems": 9,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"name": {"type": "string"}, "n": ruled(_NUMBER, "self >= oldSelf", "self < 9")},
                },
            },
            "plain": {"type": "array", "maxItems": 9, "items": ruled(_NUMBER, "self < 9")},
        },
    },
    {"rule": "!has(self.a) || self.a > 1", "messageExpression": "self.a == 1 ? 'a is 1' : 'a is small'", "fieldPath": ".a"},
)  # fmt: skip


def test_new_objects_are_held_to_rules() -> None:
    assert told(SPEC, {"a": 2, "fixed": 1, "named": [{"name": "x", "n": 1}]}) == []
    assert told(SPEC, {"a": 1, "b": 9, "plain": [1, 9]}) == [
        "spec.a: Invalid value: a is 1",
        "spec.b: Forbidden: too many",
        "spec.plain[1]: Invalid value: 9: failed rule: self < 9",
    ]


def test_transitions_find_items_by_their_keys() -> None:
    old = {"fixed": 1, "named": [{"name": "x", "n": 1}, {"name": "y", "n": 5}]}
    assert told(SPEC, {"fixed": 1, "named": [{"name": "y", "n": 5}, {"name": "x", "n": 2}]}, old) == []
    assert told(SPEC, {"named": [{"name": "z", "n": 0}]}, old) == []
    assert told(SPEC, {"fixed": 2, "named": [{"name": "y", "n": 4}]}, old) == [
        "spec.fixed: Invalid value: 2: is fixed",
        "spec.named[0].n: Invalid value: 4: failed rule: self >= oldSelf",
    ]


def test_what_was_wrong_and_stays_is_warned_of() -> None:
    warned: list[str] = []
    old = {"b": 9, "plain": [9], "named": [{"name": "x", "n": 9}]}
    new = {"b": 9, "plain": [9], "named": [{"name": "y", "n": 1}, {"name": "x", "n": 9}], "a": 5}
    assert told(SPEC, new, old, warned) == []
    assert warned == [
        "spec.b: Forbidden: too many",
        "spec.plain[0]: Invalid value: 9: failed rule: self < 9",
        "spec.named[1].n: Invalid value: 9: failed rule: self < 9",
    ]
    # Items of a list without keys are not found again, and the list has changed.
    assert told(SPEC, {**new, "plain": [9, 1]}, old) == [
        "spec.plain[0]: Invalid value: 9: failed rule: self < 9"
    ]


def test_a_transition_is_not_let_pass() -> None:
    assert told(ruled({"type": "object"}, "self != oldSelf"), {}, {}) == [
        "spec: Invalid value: failed rule: self != oldSelf"
    ]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("'  said  '", "said"),
        ("''", "the message"),
        ("'two\\nlines'", "the message"),
        ("string(1 / (self - self))", "the message"),
        ("'x'.split('').map(x, 'y').join('') + 'z'", "yz"),
    ],
)
def test_message_expressions_fall_back_to_the_message(expression: str, said: str) -> None:
    rule = {"rule": "false", "message": "the message", "messageExpression": expression}
    assert told(ruled(_NUMBER, rule), 1) == [f"spec: Invalid value: 1: {said}"]


def test_optional_old_values_are_asked_of_new_objects_too() -> None:
    rule = {"rule": "oldSelf.hasValue() ? self >= oldSelf.value() : self < 9", "optionalOldSelf": True}
    spec = ruled(_NUMBER, {**rule, "message": "no"})
    assert told(spec, 9) == ["spec: Invalid value: 9: no"]
    assert told(spec, 1, 2) == ["spec: Invalid value: 1: no"]
    assert told(spec, 9, 2) == []


def test_errors_of_rules_are_told() -> None:
    numbers = {"type": "object", "additionalProperties": _NUMBER}
    spec = {"type": "object", "properties": {"x": {"x-kubernetes-int-or-string": True}, "m": numbers}}
    assert told(ruled(spec, "self.m['y'] > 1"), {"m": {}}) == [
        "spec: Invalid value: \"object\": no such key: y evaluating rule: self.m['y'] > 1"
    ]
    assert told(ruled(spec, "self.x < 5"), {"x": "a"}) == [
        "spec: Invalid value: \"object\": 'no such overload': call arguments did not match a supported operator, function "
        "or macro signature for rule: self.x < 5"
    ]


def test_one_rule_and_all_rules_have_a_budget() -> None:
    numbers = {"type": "array", "items": _NUMBER}
    [said] = told(ruled(numbers, "self.all(a, self.all(b, a + b < 9999))", "false"), list(range(700)))
    assert "actual cost limit exceeded" in said
    row = ruled(numbers, "self.all(a, self.all(b, a + b < 9999))")
    found = told({"type": "array", "items": row}, [list(range(300))] * 40)
    assert len(found) == 1
    assert "running out of cost budget" in found[0]


def test_rules_that_may_cost_much_are_asked_beside_the_loop() -> None:
    assert (
        expression_rules.weight(whole(ruled({"type": "object", "properties": {"a": _NUMBER}}, "self.a > 1")))
        == 0
    )
    assert (
        expression_rules.weight(whole({"type": "array", "items": ruled(_NUMBER, "self > 1")})) > beside.LIGHT
    )
    assert expression_rules.weight(whole(ruled({"type": "string"}, "self.contains('x')"))) > beside.LIGHT


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (".a.b", "a.b"),
        ("['a'].b", "a.b"),
        (".m['x.y']", "m[x.y]"),
        (".m.k", "m[k]"),
        (r".m['it\'s']", "m[it's]"),
        ("a", None),
        (".nobody", None),
        (".a.", None),
        (".a[0]", None),
        (r".m['\x']", None),
    ],
)
def test_field_paths(text: str, path: str | None) -> None:
    schema = read(
        {
            "properties": {
                "a": {"type": "object", "properties": {"b": _NUMBER}},
                "m": {"type": "object", "additionalProperties": _NUMBER},
            }
        }
    )
    assert field_path(text, schema) == path


_RULES = f"{DEFINITIONS}/things.{GROUP}"
_HERE = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]"


@pytest.mark.parametrize(
    ("spec", "field", "said"),
    [
        (ruled({"type": "object"}, "self.x"), f"{_HERE}.rule", "undefined field 'x'"),
        (ruled(_NUMBER, "self"), f"{_HERE}.rule", "cel expression must evaluate to a bool"),
        (
            ruled(_NUMBER, {"rule": "true", "messageExpression": "self"}),
            f"{_HERE}.messageExpression",
            "messageExpression must evaluate to a string",
        ),
        (
            ruled(_NUMBER, {"rule": "true", "optionalOldSelf": True}),
            f"{_HERE}.optionalOldSelf",
            "may not be set if oldSelf is not used in rule",
        ),
        (ruled(_NUMBER, {"rule": "true", "fieldPath": ".x"}), f"{_HERE}.fieldPath", "must be a valid path"),
        (
            ruled({"type": "array", "items": {"type": "string"}}, "self.all(x, self.all(y, x == y))"),
            f"{_HERE}.rule",
            "estimated rule cost exceeds budget by factor of more than 100x",
        ),
        (
            {"type": "array", "maxItems": 3, "items": ruled(_NUMBER, "self == oldSelf")},
            "spec.validation.openAPIV3Schema.properties[spec].items.x-kubernetes-validations[0].rule",
            "oldSelf cannot be used on the uncorrelatable portion of the schema within "
            "spec.validation.openAPIV3Schema.properties[spec]",
        ),
        (
            ruled({**_NUMBER, "default": 1}, "self > 1"),
            "spec.validation.openAPIV3Schema.properties[spec].default",
            "failed rule: self > 1",
        ),
    ],
)
async def test_rules_are_checked_with_their_definition(spec: Object, field: str, said: str) -> None:
    api = MemoryApi()
    with pytest.raises(InvalidError) as raised:
        await api.request("POST", DEFINITIONS, json=definition(version(spec=spec)))
    assert field in str(raised.value)
    assert said in str(raised.value)
    await api.aclose()


def test_rules_beside_a_schema_that_is_wrong_are_not_looked_at() -> None:
    wrong = ruled(
        {"type": "object", "properties": {"a": {"type": "array", "items": _NUMBER, "uniqueItems": True}}},
        "self.x",
    )
    found = definition_rules.problems(definition(version(spec=wrong)))
    assert not [one for one in found if "undefined field" in one.message]


@pytest.fixture
async def api() -> AsyncIterator[MemoryApi]:
    made = MemoryApi()
    status = {"type": "object", "properties": {"ready": ruled(_NUMBER, "self >= 0")}}
    served = version(spec=SPEC, subresources={"status": {}})
    served["schema"]["openAPIV3Schema"]["properties"]["status"] = status
    await define(made, served)
    yield made
    await made.aclose()


async def test_writes_are_held_to_rules(api: MemoryApi) -> None:
    with pytest.raises(InvalidError, match="a is 1"):
        await api.request("POST", THINGS, json=thing(spec={"a": 1}))
    await api.request("POST", THINGS, json=thing(spec={"a": 2, "fixed": 1}))
    with pytest.raises(InvalidError, match="is fixed"):
        await api.request("PATCH", f"{THINGS}/one", json={"spec": {"fixed": 2}}, headers=MERGE)
    with pytest.raises(InvalidError, match="failed rule: self >= 0"):
        await api.request("PATCH", f"{THINGS}/one/status", json={"status": {"ready": -1}}, headers=MERGE)
    await api.request("PATCH", f"{THINGS}/one/status", json={"status": {"ready": 1}}, headers=MERGE)


async def test_rules_that_come_later_let_pass_what_stays(api: MemoryApi) -> None:
    await api.request("POST", THINGS, json=thing(spec={"a": 2, "b": 5}))
    stricter = {**SPEC, "properties": {**SPEC["properties"], "b": ruled(_NUMBER, "self < 3")}}
    await api.request("PATCH", _RULES, json={"spec": {"versions": [version(spec=stricter)]}}, headers=MERGE)
    await api.request("PATCH", f"{THINGS}/one", json={"spec": {"a": 3}}, headers=MERGE)
    with pytest.raises(InvalidError, match="self < 3"):
        await api.request("PATCH", f"{THINGS}/one", json={"spec": {"b": 4}}, headers=MERGE)
