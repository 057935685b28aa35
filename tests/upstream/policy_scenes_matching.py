"""Which requests a policy and its bindings are about, and with what parameters."""

from __future__ import annotations

from .policy_scene import (
    ALL,
    Object,
    Scene,
    checks,
    create,
    scene,
)


def matched() -> dict[str, Scene]:
    scenes: dict[str, Scene] = {}
    no = checks("false")
    for what, text in {
        "yes": "request.name == 'condition-yes'",
        "no": "request.name == 'other'",
        "broken": "object.nothing == 1",
        "user": "request.userInfo.username == 'alice'",
        "home": "namespaceObject == null",
        "authorized": "authorizer.requestResource.check('create').allowed()",
    }.items():
        name = f"condition-{what}"
        scenes |= scene(name, [create(name)], matchConditions=[{"name": "c", "expression": text}], **no)
    two = [{"name": "a", "expression": "object.nothing == 1"}, {"name": "b", "expression": "false"}]
    scenes |= scene("condition-both", [create("condition-both")], matchConditions=two, **no)
    twice = [
        {"name": "a", "expression": "object.nothing == 1"},
        {"name": "b", "expression": "object.no == 1"},
    ]
    scenes |= scene("condition-twice", [create("condition-twice")], matchConditions=twice, **no)
    scenes |= scene(
        "condition-ignored",
        [create("condition-ignored")],
        failurePolicy="Ignore",
        matchConditions=two[:1],
        **no,
    )
    rules: dict[str, Object] = {
        "star": {**ALL, "resources": ["*"], "apiGroups": ["*"], "apiVersions": ["*"]},
        "other": {**ALL, "resources": ["secrets"]},
        "below": {**ALL, "resources": ["configmaps/*"]},
        "cluster": {**ALL, "scope": "Cluster"},
        "namespaced": {**ALL, "scope": "Namespaced"},
        "update": {**ALL, "operations": ["UPDATE", "DELETE"]},
        "named": {**ALL, "resourceNames": ["rule-named"]},
        "unnamed": {**ALL, "resourceNames": ["rule-other"]},
    }
    for what, rule in rules.items():
        scenes |= scene(f"rule-{what}", [create(f"rule-{what}")], rule, **no)
    for what, labels in {"home": {"kubernetes.io/metadata.name": "default"}, "away": {"x": "y"}}.items():
        name = f"namespace-{what}"
        constraints = {
            "resourceRules": [ALL],
            "objectSelector": {"matchLabels": {"case": name}},
            "namespaceSelector": {"matchLabels": labels},
        }
        scenes |= scene(name, [create(name)], matchConstraints=constraints, **no)
        own = {"matchResources": {"namespaceSelector": {"matchLabels": labels}}}
        scenes |= scene(f"bound-{what}", [create(f"bound-{what}")], bindings=[own], **no)
    excluded = {
        "resourceRules": [ALL],
        "excludeResourceRules": [ALL],
        "objectSelector": {"matchLabels": {"case": "excluded"}},
    }
    scenes |= scene("excluded", [create("excluded")], matchConstraints=excluded, **no)
    narrow = [{"matchResources": {"resourceRules": [{**ALL, "operations": ["DELETE"]}]}}]
    scenes |= scene("bound-narrow", [create("bound-narrow")], bindings=narrow, **no)
    scenes |= scene(
        "bound-twice",
        [create("bound-twice")],
        bindings=[{"validationActions": ["Warn"]}, {"validationActions": ["Deny"]}],
        **no,
    )
    return scenes


def with_params() -> dict[str, Scene]:
    kind = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
    made: dict[str, Object] = {
        "named": {"name": "param", "namespace": "default", "parameterNotFoundAction": "Deny"},
        "own": {"name": "param", "parameterNotFoundAction": "Deny"},
        "absent": {"name": "no-such", "parameterNotFoundAction": "Deny"},
        "absent-allowed": {"name": "no-such", "parameterNotFoundAction": "Allow"},
        "elsewhere": {"name": "param", "namespace": "kube-system", "parameterNotFoundAction": "Deny"},
        "selected": {"selector": {"matchLabels": {"param": "yes"}}, "parameterNotFoundAction": "Deny"},
        "selected-none": {"selector": {"matchLabels": {"param": "no"}}, "parameterNotFoundAction": "Deny"},
        "selected-none-allowed": {
            "selector": {"matchLabels": {"param": "no"}},
            "parameterNotFoundAction": "Allow",
        },
    }
    said = {"expression": "false", "messageExpression": "params.kind + params.apiVersion + params.data.most"}
    scenes: dict[str, Scene] = {}
    for what, reference in made.items():
        name = f"param-{what}"
        scenes |= scene(name, [create(name)], bindings=[{"paramRef": reference}], **kind, validations=[said])
    scenes |= scene("param-none", [create("param-none")], **kind, **checks("params == null", "false"))
    scenes |= scene(
        "param-held",
        [create("param-held")],
        bindings=[{"paramRef": made["own"]}],
        **kind,
        **checks("params.data.most == '5'"),
    )
    unknown = {"paramKind": {"apiVersion": "x.example/v1", "kind": "Thing"}}
    scenes |= scene(
        "param-unknown",
        [create("param-unknown")],
        bindings=[{"paramRef": made["own"]}],
        **unknown,
        **checks("false"),
    )
    scenes |= scene(
        "param-unknown-ignored",
        [create("param-unknown-ignored")],
        failurePolicy="Ignore",
        bindings=[{"paramRef": made["own"]}],
        **unknown,
        **checks("false"),
    )
    cluster = {"paramKind": {"apiVersion": "v1", "kind": "Namespace"}}
    whole = {"name": "default", "parameterNotFoundAction": "Deny"}
    said = {"expression": "false", "messageExpression": "params.metadata.name"}
    scenes |= scene(
        "param-cluster",
        [create("param-cluster")],
        bindings=[{"paramRef": whole}],
        **cluster,
        validations=[said],
    )
    wrong = {**whole, "namespace": "default"}
    scenes |= scene(
        "param-cluster-wrong",
        [create("param-cluster-wrong")],
        bindings=[{"paramRef": wrong}],
        **cluster,
        validations=[said],
    )
    return scenes
