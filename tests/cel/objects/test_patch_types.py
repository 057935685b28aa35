"""What expressions that change objects may write: objects and their parts by name, operations of a JSON patch."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.cel.environment.patch_types import JSON_PATCH, OBJECT
from drakkar.cel.messages import MessageValue
from drakkar.cel.objects.composition import Compiled, Composition, said
from drakkar.cel.objects.plain import plain
from drakkar.cel.objects.program import Outcome, Program
from drakkar.cel.outcome import CompileError, EvalError
from drakkar.cel.types import Type, list_of

PATCH = list_of(JSON_PATCH)
VARIABLES: dict[str, Any] = {"object": plain({"spec": {"replicas": 3}}), "variables": {"most": 5}}


def made(expression: str, wanted: Type = OBJECT) -> Compiled:
    composition = Composition(False)
    composition.add("most", "5")
    return composition.change(expression, wanted)


def run(expression: str, wanted: Type = OBJECT) -> Outcome:
    program = made(expression, wanted)
    assert isinstance(program, Program), program
    return program.run(VARIABLES.__getitem__)


def shown(value: Any) -> Any:
    """A message as its name and its fields."""
    if isinstance(value, MessageValue):
        return value.cel_type, {name: shown(one) for name, one in value.fields.items()}
    return [shown(one) for one in value] if isinstance(value, tuple) else value


def test_parts_of_objects_are_made_by_their_names() -> None:
    found = run("Object{spec: Object.spec{replicas: object.spec.replicas + variables.most, paused: true}}")
    assert shown(found.value) == ("Object", {"spec": ("Object.spec", {"replicas": 8, "paused": True})})
    # Twice 40 for what is made, five for what is read, one for the sum.
    assert found.cost == 86
    assert shown(run(".Object{a: 1}").value) == ("Object", {"a": 1})


def test_fields_may_stay_away() -> None:
    there = run("Object{?a: object.spec.?replicas, ?b: object.spec.?none}").value
    assert shown(there) == ("Object", {"a": 3})
    assert shown(run("Object{a: 1, ?a: optional.none()}").value) == ("Object", {})
    failed = run("Object{?a: dyn(1)}").value
    assert str(failed) == "cannot initialize optional entry 'a' from non-optional value 1"


def test_operations_are_made_and_can_be_read_again() -> None:
    key = "'/metadata/labels/' + jsonpatch.escapeKey('a.b/c~d')"
    found = run(f"[JSONPatch{{op: 'add', path: {key}, value: [1]}}]", PATCH).value
    assert shown(found) == [("JSONPatch", {"op": "add", "path": "/metadata/labels/a.b~1c~0d", "value": [1]})]
    read = "[JSONPatch{op: 'add'}].filter(p, p.op == 'add' && p.path == '' && has(p.op) && !has(p.path))"
    assert len(run(read, PATCH).value) == 1
    assert run("[JSONPatch{op: dyn(1)}]", PATCH).value == EvalError(
        "unexpected type int64 for JSONPatchType 'op' field"
    )


def test_of_an_object_nothing_can_be_read_again() -> None:
    assert str(run("Object{a: 1}.a == 1 ? Object{} : Object{}").value) == "no such key: a"


@pytest.mark.parametrize(
    ("expression", "same"),
    [
        ("Object{a: [1], b: Object.b{}} == Object{b: Object.b{}, a: [1]}", True),
        ("Object{a: 1} == Object{a: 2}", False),
        ("Object{a: 1} == Object{a: 1.0}", False),
        ("Object{a: 1} == Object{}", False),
        ("Object{a: 1} == Object{b: 1}", False),
        ("dyn(Object.a{}) == Object.b{}", False),
        ("dyn(Object{}) == 1", False),
        ("type(Object{}) == type(Object{a: 1})", True),
        ("type(dyn(Object.a{})) == type(Object{})", False),
    ],
)
def test_messages_are_equal_by_name_and_fields(expression: str, same: bool) -> None:
    assert shown(run(f"Object{{same: {expression}}}").value) == ("Object", {"same": same})


@pytest.mark.parametrize(
    ("expression", "wanted", "why"),
    [
        ("{'a': 1}", OBJECT, "must evaluate to Object but got map(string, int)"),
        ("Object.spec{}", OBJECT, "must evaluate to Object but got Object.spec"),
        ("object", OBJECT, "must evaluate to Object but got dyn"),
        ("[]", PATCH, "must evaluate to list(JSONPatch) but got list(dyn)"),
        ("Object{}", PATCH, "must evaluate to list(JSONPatch) but got Object"),
        ("Object", OBJECT, "must evaluate to Object but got type(Object)"),
        ("Object.a.b.c.d.e.f", OBJECT, "must evaluate to Object but got type(Object.a.b.c.d.e.f)"),
        ("Objects{}", OBJECT, "undeclared reference to 'Objects'"),
        ("object{}", OBJECT, "undeclared reference to 'object'"),
        ("string{}", OBJECT, "'string' is not a message type"),
        ("[JSONPatch{op: 1}]", PATCH, "expected type of field 'op' is 'string' but provided type is 'int'"),
        ("Object{?a: 1}", OBJECT, "expected type 'optional_type(int)' but found 'int'"),
        ("[Object.a{}, Object.b{}].size() == 0 ? Object{} : Object{}", OBJECT, "expected type 'Object.a'"),
        ("type(Object{}) == Object ? Object{} : Object{}", OBJECT, "reference to undefined type: Object"),
    ],
)
def test_what_makes_no_change_is_refused(expression: str, wanted: Type, why: str) -> None:
    refused = made(expression, wanted)
    assert isinstance(refused, CompileError)
    assert why in said(refused)


def test_elsewhere_there_are_no_such_types() -> None:
    composition = Composition(False)
    for expression, name in (("Object{} == 1", "Object"), ("jsonpatch.escapeKey('a') == 'a'", "jsonpatch")):
        refused = composition.condition(expression)
        assert isinstance(refused, CompileError)
        assert refused.message == f"undeclared reference to '{name}' (in container '')"


def test_long_ways_are_looked_at_once() -> None:
    # Twenty times as long is not four hundred times the work; the tests' time limit would tell.
    way = ".a" * 20_000
    assert isinstance(made(f"Object{way}"), CompileError)
    assert isinstance(made(f"Object{{a: object{way}}}"), Program | CompileError)


def test_shared_parts_are_compared_once() -> None:
    doubled = "Object.x{}"
    for _ in range(9):
        doubled = f"[{doubled}].map(x, Object.x{{a: x, b: x}})[0]"
    found = run(f"Object{{same: {doubled} == {doubled}}}")
    assert shown(found.value) == ("Object", {"same": True})
