"""Admission policies and bindings as they may be written, well or badly: each is a good one with something changed."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
RULE: Object = {
    "apiGroups": [""],
    "apiVersions": ["v1"],
    "operations": ["CREATE"],
    "resources": ["configmaps"],
}
_TRUE = {"expression": "true"}


def policy(name: str, **spec: Any) -> Object:
    """A policy about new ConfigMaps that has nothing against any of them, less what is given otherwise."""
    given = {"matchConstraints": {"resourceRules": [RULE]}, "validations": [_TRUE], **spec}
    return {
        "metadata": {"name": name},
        "spec": {key: value for key, value in given.items() if value is not None},
    }


def binding(name: str, policy_name: str, **spec: Any) -> Object:
    """A binding that refuses what the policy refuses, less what is given otherwise."""
    given = {"policyName": policy_name, "validationActions": ["Deny"], **spec}
    return {
        "metadata": {"name": name},
        "spec": {key: value for key, value in given.items() if value is not None},
    }


def _rule(**changes: Any) -> Object:
    changed = {key: value for key, value in {**RULE, **changes}.items() if value is not None}
    return {"matchConstraints": {"resourceRules": [changed]}}


def _constraints(**changes: Any) -> Object:
    return {"matchConstraints": {"resourceRules": [RULE], **changes}}


def _validation(**changes: Any) -> Object:
    return {"validations": [{"expression": "true", **changes}]}


def _checks(*expressions: str) -> Object:
    return {"validations": [{"expression": one} for one in expressions]}


def _variables(*pairs: tuple[str, str], then: str = "true") -> Object:
    return {"variables": [{"name": name, "expression": text} for name, text in pairs], **_checks(then)}


def _conditions(*pairs: tuple[str, str]) -> Object:
    return {"matchConditions": [{"name": name, "expression": text} for name, text in pairs]}


def _annotations(*pairs: tuple[str, str]) -> Object:
    return {"auditAnnotations": [{"key": key, "valueExpression": text} for key, text in pairs]}


_CONFIG = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}

POLICIES: dict[str, Object] = {
    "nothing wrong": {},
    "no failure policy of that name": {"failurePolicy": "Maybe"},
    "failures ignored": {"failurePolicy": "Ignore"},
    "no constraints": {"matchConstraints": None},
    "no rules": {"matchConstraints": {}},
    "nothing to check": {"validations": None},
    "annotations alone": {"validations": None, **_annotations(("k", "'v'"))},
    "no operations": _rule(operations=None),
    "a star and an operation": _rule(operations=["*", "CREATE"]),
    "an unknown operation": _rule(operations=["PATCH"]),
    "no groups": _rule(apiGroups=None),
    "a star and a group": _rule(apiGroups=["*", "apps"]),
    "no versions": _rule(apiVersions=None),
    "an empty version": _rule(apiVersions=[""]),
    "a star and a version": _rule(apiVersions=["*", "v1"]),
    "no resources": _rule(resources=None),
    "an empty resource": _rule(resources=[""]),
    "stars below stars": _rule(resources=["*/*", "pods"]),
    "a star and a resource": _rule(resources=["*", "pods"]),
    "a star and a subresource": _rule(resources=["*", "pods/status"]),
    "all below, and one": _rule(resources=["pods/*", "pods/status"]),
    "below all, and one": _rule(resources=["*/status", "pods/status"]),
    "a scope": _rule(scope="Namespaced"),
    "an unknown scope": _rule(scope="Galaxy"),
    "names": _rule(resourceNames=["a", "b"]),
    "a name twice": _rule(resourceNames=["a", "a"]),
    "a name with a slash": _rule(resourceNames=["a/b"]),
    "an unknown match policy": _constraints(matchPolicy="Roughly"),
    "an exact match": _constraints(matchPolicy="Exact"),
    "a bad selector": _constraints(objectSelector={"matchLabels": {"a b": "c"}}),
    "a bad operator": _constraints(
        namespaceSelector={"matchExpressions": [{"key": "a", "operator": "Near", "values": ["b"]}]}
    ),
    "an excluded rule": _constraints(excludeResourceRules=[{**RULE, "operations": ["BAD"]}]),
    "parameters": _CONFIG,
    "parameters without a version": {"paramKind": {"kind": "ConfigMap"}},
    "parameters without a kind": {"paramKind": {"apiVersion": "v1"}},
    "parameters of too many parts": {"paramKind": {"apiVersion": "a/b/c", "kind": "X"}},
    "parameters of a bad group": {"paramKind": {"apiVersion": "A_B/v1", "kind": "X"}},
    "parameters of a bad version": {"paramKind": {"apiVersion": "a.b/1v", "kind": "X"}},
    "parameters of a bad kind": {"paramKind": {"apiVersion": "v1", "kind": "X_Y"}},
    "parameters nobody serves": {"paramKind": {"apiVersion": "x.example/v1", "kind": "Thing"}},
    "parameters that are not declared": _checks("params == null"),
    "parameters that are": {**_CONFIG, **_checks("params.data.x == 'y'")},
    "a condition": _conditions(("c", "true")),
    "a condition with blanks": _conditions(("c", "  true  ")),
    "an empty condition": _conditions(("c", " ")),
    "a condition without a name": _conditions(("", "true")),
    "a condition of a bad name": _conditions(("a b", "true")),
    "a condition of a domain's name": _conditions(("x.example/c", "true")),
    "a condition of two domains": _conditions(("x/y/c", "true")),
    "two conditions of one name": _conditions(("c", "true"), ("c", "false")),
    "a condition that is no bool": _conditions(("c", "1")),
    "a condition with a variable": {**_variables(("v", "true")), **_conditions(("c", "variables.v"))},
    "a condition on the authorizer": _conditions(("c", "authorizer.path('/x').check('get').allowed()")),
    "too many conditions": _conditions(*((f"c{at}", "true") for at in range(65))),
    "a variable": _variables(("v", "1"), then="variables.v == 1"),
    "a variable of a variable": _variables(("v", "1"), ("w", "variables.v + 1"), then="variables.w == 2"),
    "a variable before its time": _variables(("w", "variables.v + 1"), ("v", "1")),
    "a variable that is not there": _variables(("v", "1"), then="variables.w == 1"),
    "a variable of another type": _variables(("v", "1"), then="variables.v == 'a'"),
    "a variable of a list": _variables(("v", "['a']"), then="variables.v[0] + 1 == 2"),
    "a variable of a map": _variables(("v", "{'a': 1}"), then="variables.v.a == 'x'"),
    "a variable of an optional": _variables(("v", "optional.of(1)"), then="variables.v.orValue(2) == 1"),
    "a variable of anything": _variables(("v", "object"), then="variables.v.x == 1"),
    "a variable of a time": _variables(("v", "timestamp('2020-01-01T00:00:00Z')"), then="variables.v == 1"),
    "a variable without a name": _variables(("", "1")),
    "a variable of a bad name": _variables(("a-b", "1")),
    "a variable of a reserved name": _variables(("in", "1")),
    "a variable that says nothing": _variables(("v", " ")),
    "a variable that is broken": _variables(("v", "1 +")),
    "variables though there are none": _checks("variables.v == 1"),
    "an empty expression": _checks(""),
    "a broken expression": _checks("1 +"),
    "brackets left open": _checks("size([1"),
    "an expression of no bool": _checks("1"),
    "an expression of anything": _checks("object.x"),
    "a text": _checks("'true'"),
    "an unknown name": _checks("obj.x == 1"),
    "an unknown function": _checks("frobnicate(object)"),
    "types that do not fit": _checks("1 + 'a' == 2"),
    "types that do not compare": _checks("request.name == 1"),
    "two lines, the second wrong": _checks("true &&\n  what == 1"),
    "a field of the request": _checks("request.name == 'x' && request.namespace == 'y' && request.dryRun"),
    "a field the request has not": _checks("request.object == null"),
    "the request's kind": _checks("request.kind.group == '' && request.resource.resource == 'pods'"),
    "the request's user": _checks("request.userInfo.extra['a'][0] == 'b' && 'g' in request.userInfo.groups"),
    "a field the user has not": _checks("request.userInfo.name == 'x'"),
    "options": _checks("request.options.fieldManager == 'x'"),
    "the namespace": _checks("namespaceObject.metadata.labels['a'] == 'b'"),
    "the namespace's status": _checks("namespaceObject.status.conditions.all(c, c.type == 'x')"),
    "a field the namespace has not": _checks("namespaceObject.metadata.managedFields == []"),
    "the namespace's time": _checks(
        "namespaceObject.metadata.creationTimestamp < timestamp('2020-01-01T00:00:00Z')"
    ),
    "the authorizer": _checks("authorizer.group('').resource('pods').namespace('x').check('get').allowed()"),
    "the authorizer of another": _checks(
        "authorizer.serviceAccount('a', 'b').group('').resource('pods').check('get').reason() == ''"
    ),
    "the authorizer of the request": _checks("authorizer.requestResource.check('patch').allowed()"),
    "the authorizer itself": _checks("authorizer.check('patch').allowed()"),
    "a field of the authorizer": _checks("authorizer.foo == 1"),
    "libraries": _checks(
        "isURL('http://x') && isIP('1.2.3.4') && isCIDR('10.0.0.0/8') && isQuantity('1Gi') && isSemver('1.2.3')"
    ),
    "more libraries": _checks(
        "'a-b'.split('-').join('+') == 'a+b' && 'abc'.find('b') == 'b' && sets.contains([1, 2], [1])"
    ),
    "formats": _checks("!format.dns1123Label().validate('A').hasValue()"),
    "two variables": _checks("[1, 2].all(i, v, i < v) && {'a': 1}.exists(k, v, k == 'a')"),
    "optionals": _checks("object.?spec.?x.orValue('') == ''"),
    "a bad pattern": _checks("'a'.matches('[')"),
    "a bad duration": _checks("duration('x') > duration('1s')"),
    "a bad quantity": _checks("quantity('x').isGreaterThan(quantity('1'))"),
    "lists of several types": _checks("[1, 'a'] == []"),
    "a message": _validation(message="no"),
    "a message of blanks": _validation(message="  "),
    "a message of two lines": _validation(message="a\nb"),
    "a message with a line's end": _validation(message="a\n"),
    "a message's expression": _validation(messageExpression="'no ' + object.metadata.name"),
    "a message's expression of blanks": _validation(messageExpression="  "),
    "a message's expression of a number": _validation(messageExpression="1"),
    "a message's expression of anything": _validation(messageExpression="object.x"),
    "a message's expression on the authorizer": _validation(
        messageExpression="string(authorizer.path('/').check('get').allowed())"
    ),
    "a reason": _validation(reason="Forbidden"),
    "an unknown reason": _validation(reason="Because"),
    "an annotation": _annotations(("k", "'v' + object.metadata.name")),
    "an annotation of nothing": _annotations(("k", "null")),
    "an annotation of a number": _annotations(("k", "1")),
    "an annotation that says nothing": _annotations(("k", " ")),
    "an annotation of a bad key": _annotations(("a/b", "'v'")),
    "an annotation without a key": _annotations(("", "'v'")),
    "two annotations of one key": _annotations(("k", "'v'"), ("k", "'w'")),
    "too many annotations": _annotations(*((f"k{at}", "'v'") for at in range(21))),
    "a long annotation": _annotations(("k", "'" + "v" * 5200 + "'")),
}


def _param(**given: Any) -> Object:
    whole = {"name": "p", "parameterNotFoundAction": "Deny", **given}
    return {"paramRef": {key: value for key, value in whole.items() if value is not None}}


BINDINGS: dict[str, Object] = {
    "nothing wrong": {},
    "no policy": {"policyName": None},
    "a policy of a bad name": {"policyName": "A B"},
    "no actions": {"validationActions": None},
    "an unknown action": {"validationActions": ["Shout"]},
    "an action twice": {"validationActions": ["Deny", "Deny"]},
    "denied and warned": {"validationActions": ["Deny", "Warn"]},
    "denied and audited": {"validationActions": ["Deny", "Audit"]},
    "a parameter": _param(),
    "a parameter elsewhere": _param(namespace="x"),
    "a parameter's bad name": _param(name="a/b"),
    "parameters by labels": _param(name=None, selector={"matchLabels": {"a": "b"}}),
    "all parameters": _param(name=None, selector={}),
    "parameters by bad labels": _param(name=None, selector={"matchLabels": {"a b": "b"}}),
    "a parameter by both": _param(selector={"matchLabels": {"a": "b"}}),
    "a parameter by neither": _param(name=None),
    "nothing if it is not there": _param(parameterNotFoundAction=None),
    "something if it is not there": _param(parameterNotFoundAction="Wait"),
    "resources": {"matchResources": {"resourceRules": [RULE]}},
    "resources without rules": {"matchResources": {}},
    "resources of a bad rule": {"matchResources": {"resourceRules": [{**RULE, "resources": []}]}},
    "resources of a bad match": {"matchResources": {"matchPolicy": "Never"}},
}
