"""Mutating policies and bindings as they may be written, well or badly: each is a good one with something changed."""

from __future__ import annotations

from typing import Any

from .mutating_scene import RULE, Object, apply, operations, patch

_PARAMS = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}


def _with(*mutations: Any, **spec: Any) -> Object:
    return {"mutations": list(mutations), **spec}


def _variables(text: str, then: Object) -> Object:
    return {"variables": [{"name": "v", "expression": text}], "mutations": [then]}


def _rule(**changes: Any) -> Object:
    return {"matchConstraints": {"resourceRules": [{**RULE, **changes}]}}


POLICIES: dict[str, Object] = {
    "nothing wrong": {},
    "no mutations": {"mutations": None},
    "no reinvocation": {"reinvocationPolicy": None},
    "another reinvocation": {"reinvocationPolicy": "Always"},
    "another failure policy": {"failurePolicy": "Maybe"},
    "failures ignored": {"failurePolicy": "Ignore"},
    "no constraints": {"matchConstraints": None},
    "no rules": {"matchConstraints": {}},
    "deletions": _rule(operations=["DELETE"]),
    "deletions too": _rule(operations=["CREATE", "DELETE"]),
    "connections": _rule(operations=["CONNECT"]),
    "everything": _rule(operations=["*"]),
    "no type": _with({"applyConfiguration": {"expression": "Object{}"}}),
    "another type": _with({"patchType": "Merge", "applyConfiguration": {"expression": "Object{}"}}),
    "nothing of the type": _with({"patchType": "JSONPatch"}),
    "the other of the type": _with(
        {"patchType": "JSONPatch", "applyConfiguration": {"expression": "Object{}"}}
    ),
    "both": _with({**apply("Object{}"), "jsonPatch": {"expression": "[JSONPatch{}]"}}),
    "both, patched": _with({**patch("[JSONPatch{}]"), "applyConfiguration": {"expression": "Object{}"}}),
    "no expression": _with(apply("")),
    "blank": _with(apply("  ")),
    "blank patch": _with(patch(" \n ")),
    "blanks around": _with(apply("  Object{} ")),
    "a map": _with(apply("{'a': 1}")),
    "a part": _with(apply("Object.spec{}")),
    "an object": _with(apply("object")),
    "a type": _with(apply("Object")),
    "a number": _with(apply("1")),
    "a list": _with(apply("[Object{}]")),
    "a list of parts": _with(patch("[Object{}]")),
    "an operation alone": _with(patch("JSONPatch{}")),
    "an empty list": _with(patch("[]")),
    "a list of anything": _with(patch("[dyn(JSONPatch{})]")),
    "an unknown field": _with(patch("[JSONPatch{nothing: 1}]")),
    "a number for an operation": _with(patch("[JSONPatch{op: 1}]")),
    "a number for a path": _with(patch("[JSONPatch{op: 'add', path: 1}]")),
    "any value": _with(patch("[JSONPatch{op: 'add', path: '/a', value: object}]")),
    "escaped": _with(patch("[JSONPatch{op: 'add', path: jsonpatch.escapeKey('a')}]")),
    "escaped number": _with(patch("[JSONPatch{op: 'add', path: jsonpatch.escapeKey(1)}]")),
    "another function": _with(patch("[JSONPatch{op: 'add', path: jsonpatch.other('a')}]")),
    "an unknown name": _with(apply("Object{a: nothing}")),
    "another type of message": _with(apply("Thing{}")),
    "not closed": _with(apply("Object{a: 1")),
    "twice": _with(apply("Object{a: 1, a: 2}")),
    "optional": _with(apply("Object{?a: optional.none()}")),
    "optional of no optional": _with(apply("Object{?a: 1}")),
    "a condition": _with(apply("true ? Object{} : Object{a: 1}")),
    "a condition of two": _with(apply("true ? Object{} : Object.a{}")),
    "params": _with(apply("Object{a: params.a}"), **_PARAMS),
    "no params": _with(apply("Object{a: params.a}")),
    "the authorizer": _with(apply("Object{a: authorizer.path('/').check('get').allowed()}")),
    "the home": _with(apply("Object{a: namespaceObject.metadata.name}")),
    "a variable": _variables("1", apply("Object{a: variables.v}")),
    "another variable": _variables("1", apply("Object{a: variables.w}")),
    "a variable of the wrong type": _variables("1", apply("Object{a: variables.v.startsWith('a')}")),
    "a whole variable": _variables("object", apply("variables.v")),
    "an object as a variable": _variables("Object{}", apply("variables.v")),
    "a broken variable": _variables("nothing", apply("Object{}")),
    "an object in a condition": {"matchConditions": [{"name": "c", "expression": "Object{} == Object{}"}]},
    "a condition of a number": {"matchConditions": [{"name": "c", "expression": "1"}]},
    "a variable in a condition": {
        "variables": [{"name": "v", "expression": "true"}],
        "matchConditions": [{"name": "c", "expression": "variables.v"}],
    },
    "several": _with(apply("1"), operations("op: 1"), {"patchType": "X"}),
    "a costly one": _with(apply("Object{a: object.x.all(a, object.x.all(b, object.x.all(c, a == b)))}")),
    "a bad kind of params": {"paramKind": {"apiVersion": "v1/v1/v1", "kind": "1"}},
}

BINDINGS: dict[str, Object] = {
    "nothing wrong": {},
    "no policy": {"policyName": None},
    "a bad policy": {"policyName": "***"},
    "a validation's action": {"validationActions": ["Deny"]},
    "a parameter": {"paramRef": {"name": "x", "parameterNotFoundAction": "Deny"}},
    "a parameter, nothing else": {"paramRef": {"name": "x"}},
    "no parameter": {"paramRef": {"parameterNotFoundAction": "Deny"}},
    "both ways": {"paramRef": {"name": "x", "selector": {}, "parameterNotFoundAction": "Deny"}},
    "resources": {"matchResources": {"resourceRules": [RULE]}},
    "deletions": {"matchResources": {"resourceRules": [{**RULE, "operations": ["DELETE"]}]}},
    "a bad selector": {"matchResources": {"objectSelector": {"matchLabels": {"*": "*"}}}},
}
