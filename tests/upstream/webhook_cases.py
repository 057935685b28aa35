"""Webhook configurations, well and badly written: what of a webhook differs from one that is in order."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
RULE: Object = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
SERVICE: Object = {"name": "hook", "namespace": "default"}


def _rule(**parts: Any) -> Object:
    return {"rules": [{**RULE, **parts}]}


def _url(url: str) -> Object:
    return {"clientConfig": {"url": url}}


def _service(**parts: Any) -> Object:
    return {"clientConfig": {"service": {**SERVICE, **parts}}}


# A field whose value is None is left out.
HOOKS: dict[str, Object] = {
    "in order": {},
    "no name": {"name": ""},
    "a short name": {"name": "a.b"},
    "a bad name": {"name": "A.b.c"},
    "no rules": {"rules": []},
    "rules left out": {"rules": None},
    "no operations": _rule(operations=[]),
    "a star and an operation": _rule(operations=["*", "CREATE"]),
    "an operation that is none": _rule(operations=["PATCH"]),
    "no groups": _rule(apiGroups=[]),
    "a star and a group": _rule(apiGroups=["*", "apps"]),
    "no versions": _rule(apiVersions=[]),
    "an empty version": _rule(apiVersions=[""]),
    "no resources": _rule(resources=[]),
    "an empty resource": _rule(resources=[""]),
    "all below one and one of it": _rule(resources=["pods/*", "pods/log"]),
    "one below all and one of it": _rule(resources=["*/log", "pods/log"]),
    "two stars and more": _rule(resources=["*/*", "pods"]),
    "a star and more": _rule(resources=["*", "pods"]),
    "a star and one below": _rule(resources=["*", "pods/log"]),
    "a scope": _rule(scope="Namespaced"),
    "a scope that is none": _rule(scope="World"),
    "it may fail": {"failurePolicy": "Ignore"},
    "a failure policy that is none": {"failurePolicy": "Maybe"},
    "exactly": {"matchPolicy": "Exact"},
    "a match policy that is none": {"matchPolicy": "Nearly"},
    "effects left out": {"sideEffects": None},
    "some effects": {"sideEffects": "Some"},
    "unknown effects": {"sideEffects": "Unknown"},
    "none on trial": {"sideEffects": "NoneOnDryRun"},
    "no time": {"timeoutSeconds": 0},
    "half a minute": {"timeoutSeconds": 30},
    "too much time": {"timeoutSeconds": 31},
    "less than no time": {"timeoutSeconds": -1},
    "asked again": {"reinvocationPolicy": "IfNeeded"},
    "a reinvocation that is none": {"reinvocationPolicy": "Always"},
    "a selector": {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}},
    "a bad selector": {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}},
    "a bad label": {"objectSelector": {"matchLabels": {"a b": "c"}}},
    "no way there": {"clientConfig": {}},
    "two ways there": {"clientConfig": {"url": "https://a.b.c", "service": SERVICE}},
    "a URL with a path": _url("https://a.b.c/path"),
    "a URL with a port": _url("https://a.b.c:8443"),
    "not by TLS": _url("http://a.b.c"),
    "no scheme": _url("a.b.c/path"),
    "no host": _url("https:///path"),
    "a user": _url("https://user@a.b.c"),
    "a fragment": _url("https://a.b.c#part"),
    "a query": _url("https://a.b.c?a=b"),
    "all at once": _url("http://user@a.b.c?a=b#part"),
    "an empty URL": _url(""),
    "a service": _service(),
    "a service's port": _service(port=8443),
    "no port": _service(port=0),
    "too high a port": _service(port=70000),
    "a service without name": _service(name=""),
    "a service without namespace": _service(namespace=""),
    "a service's path": _service(path="/a/b/"),
    "a path of nothing": _service(path=""),
    "a path of a slash": _service(path="/"),
    "a path of two slashes": _service(path="//"),
    "a path without slash": _service(path="a"),
    "a path with nothing in it": _service(path="/a//b"),
    "a path in capitals": _service(path="/A/b_c"),
    "no review versions": {"admissionReviewVersions": []},
    "review versions left out": {"admissionReviewVersions": None},
    "an unknown version": {"admissionReviewVersions": ["v2"]},
    "an unknown version besides": {"admissionReviewVersions": ["v2", "v1beta1"]},
    "a version twice": {"admissionReviewVersions": ["v1", "v1"]},
    "a bad version": {"admissionReviewVersions": ["V1", "v1"]},
    "a condition": {"matchConditions": [{"name": "a", "expression": "request.name != 'x'"}]},
    "a condition without name": {"matchConditions": [{"expression": "true"}]},
    "a condition without expression": {"matchConditions": [{"name": "a"}]},
    "a condition that is no bool": {"matchConditions": [{"name": "a", "expression": "1"}]},
    "a condition that does not compile": {"matchConditions": [{"name": "a", "expression": "objekt.a"}]},
    "a condition about parameters": {"matchConditions": [{"name": "a", "expression": "params.a == 1"}]},
    "a condition about variables": {"matchConditions": [{"name": "a", "expression": "variables.a == 1"}]},
    "a condition twice": {"matchConditions": [{"name": "a", "expression": "true"}] * 2},
    "a bad name of a condition": {"matchConditions": [{"name": "a b", "expression": "true"}]},
    "65 conditions": {"matchConditions": [{"name": f"c{at}", "expression": "true"} for at in range(65)]},
}


def hook(spec: Object) -> Object:
    """The webhook of a case."""
    whole: Object = {
        "name": "a.b.c",
        "clientConfig": {"url": "https://a.b.c"},
        "rules": [RULE],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        **spec,
    }
    return {key: value for key, value in whole.items() if value is not None}
