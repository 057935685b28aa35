"""Policies at work, and the requests that fall under them. Each scene has its own label, so that all may stand at once."""

from __future__ import annotations

from typing import Any, NamedTuple

from .policy_cases import RULE, binding, policy

Object = dict[str, Any]
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
CONFIGS = "/api/v1/namespaces/default/configmaps"
_DRY = "?dryRun=All"
_ALL = {**RULE, "operations": ["*"], "resources": ["configmaps"]}
NODE_USER = {
    "Impersonate-User": "system:serviceaccount:default:driver",
    "Impersonate-Group": "system:masters",
    "Impersonate-Extra-authentication.kubernetes.io%2Fnode-name": "n1",
}
ALICE = {"Impersonate-User": "alice", "Impersonate-Group": "system:masters", "Impersonate-Uid": "7"}


class Request(NamedTuple):
    """One request; `more` are headers."""

    verb: str
    path: str
    obj: Object | None = None
    media: str = "application/json"
    more: Object = ALICE


class Scene(NamedTuple):
    """A policy, its bindings, and what is asked then."""

    policy: Object
    bindings: tuple[Object, ...]
    requests: tuple[Request, ...]


def _labelled(name: str, kind: str = "", **parts: Any) -> Object:
    meta = {"name": name, "labels": {"case": name}, **parts.pop("metadata", {})}
    return {**({"kind": kind} if kind else {}), "metadata": meta, **parts}


def _scene(
    name: str, requests: list[Request], rule: Object | None = None, bindings: Any = (), **spec: Any
) -> dict[str, Scene]:
    given = {
        "matchConstraints": {
            "resourceRules": [rule or _ALL],
            "objectSelector": {"matchLabels": {"case": name}},
        },
        **spec,
    }
    bound = tuple(
        binding(f"{name}-{at}" if at else name, name, **one) for at, one in enumerate(bindings or ({},))
    )
    return {name: Scene(policy(name, **given), bound, tuple(requests))}


def _create(name: str, **parts: Any) -> Request:
    return Request("POST", CONFIGS + _DRY, _labelled(name, **parts))


def _checks(*expressions: str, **more: Any) -> Object:
    return {"validations": [{"expression": one, **more} for one in expressions]}


_SAID = {
    "request": "request.operation + ' ' + request.name + ' ' + request.namespace + ' ' + string(request.dryRun)",
    "kind": "request.kind.group + '/' + request.kind.version + '/' + request.kind.kind",
    "resource": "request.resource.group + '/' + request.resource.version + '/' + request.resource.resource",
    "asked": "request.requestKind.kind + ' ' + request.requestResource.resource",
    "below": "string(has(request.subResource)) + string(has(request.requestSubResource))",
    "user": "request.userInfo.username + ' ' + request.userInfo.uid + ' ' + request.userInfo.groups.join(',')",
    "extra": "string(has(request.userInfo.extra))",
    "options": "request.options.kind + ' ' + request.options.apiVersion + ' ' + request.options.dryRun.join(',')",
    "managers": "string(has(request.options.fieldManager)) + string(has(request.options.fieldValidation))",
    "uid": "string(has(request.uid)) + string(request.uid == '')",
    "home": "namespaceObject.metadata.name + ' ' + namespaceObject.metadata.labels['kubernetes.io/metadata.name']",
    "homes-parts": "string(has(namespaceObject.spec)) + namespaceObject.spec.finalizers.join(',') + namespaceObject.status.phase",
    "homes-owner": "string(has(namespaceObject.metadata.uid)) + string(has(namespaceObject.kind))",
    "type": "object.apiVersion + ' ' + object.kind",
    "meta": "string(object.metadata.map(k, k == 'managedFields' ? '' : k).filter(k, k != '').sort().join(','))",
    "old": "string(oldObject == null) + string(type(oldObject) == null_type)",
    "created": "string(type(object.metadata.creationTimestamp) == string)",
    "version": "string(has(object.metadata.resourceVersion)) + string(has(object.metadata.generation))",
    "data": "object.data.map(k, k + '=' + object.data[k]).sort().join(',')",
    "more-data": "object.data.transformList(k, v, k + v).sort().join(',') + string(size(object.data))",
    "maybe": "object.?spec.?replicas.orValue('none') + object.data[?'z'].orValue('-')",
    "missing": "object.spec.replicas",
    "missing-of-map": "object.data['z']",
    "no-index": "[1, 2][5] == 1 ? 'a' : 'b'",
    "not-there": "object.data.x.y",
    "divided": "string(1 / int(object.data.zero))",
    "converted": "string(int(object.data.a))",
    "labels": "object.metadata.labels.case + string('x' in object.metadata.labels)",
    "either": "string(has(object.spec) || has(object.data.x.y) || true)",
    "equal": "string(object == object) + string(object == oldObject) + string(object.data == {'a': 'b'})",
    "lists": "[3, 1, 2].sort().map(x, string(x)).join(',') + string([1, 2].sum())",
    "quantities": "string(quantity('1Gi').compareTo(quantity('1Mi'))) + string(quantity('1500m').asApproximateFloat())",
    "addresses": "string(ip('10.0.0.1').family()) + cidr('10.0.0.0/8').ip() == '' ? 'a' : string(cidr('10.0.0.0/8').containsIP('10.1.1.1'))",
    "urls": "url('https://x.example:80/a?b=c').getHost() + url('https://x.example/a').getScheme()",
    "times": "string(timestamp('2020-01-02T00:00:00Z').getDayOfMonth()) + string(duration('90s').getMinutes())",
    "authorized": "string(1)",
}
_DATA = {"a": "b", "x": "y", "zero": "0"}
_VALUES: dict[str, str] = {
    "allowed": "authorizer.requestResource.check('create').allowed()",
    "allowed-path": "authorizer.path('/healthz').check('get').allowed()",
    "not-allowed": "authorizer.serviceAccount('default', 'nobody').group('').resource('pods').namespace('default').check('create').allowed()",
    "reason": "authorizer.serviceAccount('default', 'nobody').group('').resource('pods').check('create').reason() == ''",
    "errored": "authorizer.group('apps').resource('deployments').subresource('scale').name('x').check('get').errored()",
    "error": "authorizer.group('apps').resource('deployments').check('get').error() == ''",
    "discovery": "authorizer.serviceAccount('default', 'nobody').path('/version').check('get').allowed()",
    "bad-account": "authorizer.serviceAccount('A', 'b').path('/x').check('get').allowed()",
    "bad-path": "authorizer.path(' ').check('get').allowed()",
    "bad-resource": "authorizer.group('').resource('').check('get').allowed()",
    "three-checks": "authorizer.path('/a').check('get').allowed() && authorizer.path('/b').check('get').allowed() && authorizer.path('/c').check('get').allowed()",
    "selected": "authorizer.group('').resource('pods').fieldSelector('spec.nodeName=x').labelSelector('a=b').check('list').allowed()",
}
_DEEP = "[1,2,3,4,5,6,7,8,9,10].all(x, [1,2,3,4,5,6,7,8,9,10].all(y, [1,2,3,4,5,6,7,8,9,10].all(z, {})))"


def _said() -> dict[str, Scene]:
    scenes: dict[str, Scene] = {}
    for what, text in _SAID.items():
        name = f"says-{what}"
        request = _create(name, data=_DATA)
        scenes |= _scene(name, [request], validations=[{"expression": "false", "messageExpression": text}])
        scenes |= _scene(
            f"tells-{what}", [_create(f"tells-{what}", data=_DATA)], **_checks(f"({text}) == 'x'")
        )
    for what, text in _VALUES.items():
        scenes |= _scene(f"asks-{what}", [_create(f"asks-{what}")], **_checks(text))
        scenes |= _scene(f"asks-not-{what}", [_create(f"asks-not-{what}")], **_checks(f"!({text})"))
    return scenes


def _outcomes() -> dict[str, Scene]:
    no = {"expression": "false", "message": "no"}
    scenes: dict[str, Scene] = {}
    for reason in ("Forbidden", "Invalid", "RequestEntityTooLarge"):
        name = f"reason-{reason.lower()}"
        scenes |= _scene(name, [_create(name)], validations=[{**no, "reason": reason}])
    scenes |= _scene("plain", [_create("plain")], **_checks(" 1 == 2 "))
    scenes |= _scene("message", [_create("message")], validations=[{**no, "message": " blanks "}])
    for what, text in {
        "broken": "object.nothing",
        "blank": "'  '",
        "lines": "'a\\nb'",
        "long": "'" + "x" * 6000 + "'",
        "trimmed": "' a '",
        "variables": "variables.v + '!'",
    }.items():
        spec: Object = {"validations": [{**no, "messageExpression": text}]}
        if what == "variables":
            spec["variables"] = [{"name": "v", "expression": "object.metadata.name"}]
        scenes |= _scene(f"message-{what}", [_create(f"message-{what}")], **spec)
    scenes |= _scene("second", [_create("second")], **_checks("true", "false", "1 == 2"))
    scenes |= _scene(
        "warned", [_create("warned")], bindings=[{"validationActions": ["Warn"]}], validations=[no]
    )
    scenes |= _scene(
        "warned-twice",
        [_create("warned-twice")],
        bindings=[{"validationActions": ["Warn", "Audit"]}],
        **_checks("false", "1 == 2"),
    )
    scenes |= _scene(
        "audited", [_create("audited")], bindings=[{"validationActions": ["Audit"]}], validations=[no]
    )
    scenes |= _scene("fails", [_create("fails")], **_checks("object.nothing == 1"))
    scenes |= _scene(
        "ignored", [_create("ignored")], failurePolicy="Ignore", **_checks("object.nothing == 1")
    )
    scenes |= _scene(
        "ignored-refused",
        [_create("ignored-refused")],
        failurePolicy="Ignore",
        **_checks("object.nothing == 1", "false"),
    )
    scenes |= _scene(
        "warned-failed",
        [_create("warned-failed")],
        bindings=[{"validationActions": ["Warn"]}],
        **_checks("object.nothing == 1"),
    )
    scenes |= _scene("unbound", [_create("unbound")], bindings=[{"policyName": "nobody"}], validations=[no])
    for what, text in {"good": "'v'", "null": "null", "failed": "object.nothing"}.items():
        annotation = [{"key": "k", "valueExpression": text}]
        scenes |= _scene(f"annotated-{what}", [_create(f"annotated-{what}")], auditAnnotations=annotation)
    scenes |= _scene(
        "annotated-ignored",
        [_create("annotated-ignored")],
        failurePolicy="Ignore",
        auditAnnotations=[{"key": "k", "valueExpression": "object.nothing"}],
    )
    scenes |= _scene("costly", [_create("costly")], **_checks(_DEEP.format(_DEEP.format("true"))))
    scenes |= _scene(
        "costly-variable",
        [_create("costly-variable")],
        variables=[{"name": "v", "expression": _DEEP.format(_DEEP.format("true"))}],
        **_checks("variables.v"),
    )
    return scenes


def _variables() -> dict[str, Scene]:
    scenes: dict[str, Scene] = {}
    broken = [{"name": "v", "expression": "object.nothing"}, {"name": "w", "expression": "variables.v"}]
    scenes |= _scene("variable-unread", [_create("variable-unread")], variables=broken, **_checks("true"))
    scenes |= _scene(
        "variable-broken", [_create("variable-broken")], variables=broken, **_checks("variables.v == 1")
    )
    scenes |= _scene(
        "variable-chained", [_create("variable-chained")], variables=broken, **_checks("variables.w == 1")
    )
    scenes |= _scene(
        "variable-has",
        [_create("variable-has")],
        variables=broken[:1],
        **_checks("has(variables.v) && false"),
    )
    good = [
        {"name": "v", "expression": "object.metadata.labels"},
        {"name": "w", "expression": "variables.v['case']"},
    ]
    scenes |= _scene(
        "variable-good",
        [_create("variable-good")],
        variables=good,
        **_checks("variables.w == 'variable-good'", "variables.w == ''"),
    )
    return scenes


def _matched() -> dict[str, Scene]:
    scenes: dict[str, Scene] = {}
    no = _checks("false")
    for what, text in {
        "yes": "request.name == 'condition-yes'",
        "no": "request.name == 'other'",
        "broken": "object.nothing == 1",
        "user": "request.userInfo.username == 'alice'",
        "home": "namespaceObject == null",
        "authorized": "authorizer.requestResource.check('create').allowed()",
    }.items():
        name = f"condition-{what}"
        scenes |= _scene(name, [_create(name)], matchConditions=[{"name": "c", "expression": text}], **no)
    two = [{"name": "a", "expression": "object.nothing == 1"}, {"name": "b", "expression": "false"}]
    scenes |= _scene("condition-both", [_create("condition-both")], matchConditions=two, **no)
    twice = [
        {"name": "a", "expression": "object.nothing == 1"},
        {"name": "b", "expression": "object.no == 1"},
    ]
    scenes |= _scene("condition-twice", [_create("condition-twice")], matchConditions=twice, **no)
    scenes |= _scene(
        "condition-ignored",
        [_create("condition-ignored")],
        failurePolicy="Ignore",
        matchConditions=two[:1],
        **no,
    )
    rules: dict[str, Object] = {
        "star": {**_ALL, "resources": ["*"], "apiGroups": ["*"], "apiVersions": ["*"]},
        "other": {**_ALL, "resources": ["secrets"]},
        "below": {**_ALL, "resources": ["configmaps/*"]},
        "cluster": {**_ALL, "scope": "Cluster"},
        "namespaced": {**_ALL, "scope": "Namespaced"},
        "update": {**_ALL, "operations": ["UPDATE", "DELETE"]},
        "named": {**_ALL, "resourceNames": ["rule-named"]},
        "unnamed": {**_ALL, "resourceNames": ["rule-other"]},
    }
    for what, rule in rules.items():
        scenes |= _scene(f"rule-{what}", [_create(f"rule-{what}")], rule, **no)
    for what, labels in {"home": {"kubernetes.io/metadata.name": "default"}, "away": {"x": "y"}}.items():
        name = f"namespace-{what}"
        constraints = {
            "resourceRules": [_ALL],
            "objectSelector": {"matchLabels": {"case": name}},
            "namespaceSelector": {"matchLabels": labels},
        }
        scenes |= _scene(name, [_create(name)], matchConstraints=constraints, **no)
        own = {"matchResources": {"namespaceSelector": {"matchLabels": labels}}}
        scenes |= _scene(f"bound-{what}", [_create(f"bound-{what}")], bindings=[own], **no)
    excluded = {
        "resourceRules": [_ALL],
        "excludeResourceRules": [_ALL],
        "objectSelector": {"matchLabels": {"case": "excluded"}},
    }
    scenes |= _scene("excluded", [_create("excluded")], matchConstraints=excluded, **no)
    narrow = [{"matchResources": {"resourceRules": [{**_ALL, "operations": ["DELETE"]}]}}]
    scenes |= _scene("bound-narrow", [_create("bound-narrow")], bindings=narrow, **no)
    scenes |= _scene(
        "bound-twice",
        [_create("bound-twice")],
        bindings=[{"validationActions": ["Warn"]}, {"validationActions": ["Deny"]}],
        **no,
    )
    return scenes


def _params() -> dict[str, Scene]:
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
        scenes |= _scene(
            name, [_create(name)], bindings=[{"paramRef": reference}], **kind, validations=[said]
        )
    scenes |= _scene("param-none", [_create("param-none")], **kind, **_checks("params == null", "false"))
    scenes |= _scene(
        "param-held",
        [_create("param-held")],
        bindings=[{"paramRef": made["own"]}],
        **kind,
        **_checks("params.data.most == '5'"),
    )
    unknown = {"paramKind": {"apiVersion": "x.example/v1", "kind": "Thing"}}
    scenes |= _scene(
        "param-unknown",
        [_create("param-unknown")],
        bindings=[{"paramRef": made["own"]}],
        **unknown,
        **_checks("false"),
    )
    scenes |= _scene(
        "param-unknown-ignored",
        [_create("param-unknown-ignored")],
        failurePolicy="Ignore",
        bindings=[{"paramRef": made["own"]}],
        **unknown,
        **_checks("false"),
    )
    cluster = {"paramKind": {"apiVersion": "v1", "kind": "Namespace"}}
    whole = {"name": "default", "parameterNotFoundAction": "Deny"}
    said = {"expression": "false", "messageExpression": "params.metadata.name"}
    scenes |= _scene(
        "param-cluster",
        [_create("param-cluster")],
        bindings=[{"paramRef": whole}],
        **cluster,
        validations=[said],
    )
    wrong = {**whole, "namespace": "default"}
    scenes |= _scene(
        "param-cluster-wrong",
        [_create("param-cluster-wrong")],
        bindings=[{"paramRef": wrong}],
        **cluster,
        validations=[said],
    )
    return scenes


_TELL = (
    "request.operation + ' ' + request.name + ' ' + request.kind.kind + ' ' + string(object == null)"
    " + string(oldObject == null) + (has(request.subResource) ? request.subResource : '') + request.options.kind"
)


def _operations() -> dict[str, Scene]:
    """The same object through all that can be done with it; each time the policy tells what it was."""
    tell = {"expression": "false", "messageExpression": _TELL}
    warn = [{"validationActions": ["Warn"]}]
    name = "ways"
    obj = _labelled(name, data={"a": "b"})
    one = f"{CONFIGS}/{name}"
    apply = {"apiVersion": "v1", "kind": "ConfigMap", **_labelled(name, data={"a": "d"})}
    scenes = _scene(
        name,
        [
            Request("POST", CONFIGS, obj),
            Request("POST", CONFIGS + _DRY, obj),
            Request("PUT", one, {**obj, "data": {"a": "c"}}),
            Request("PUT", one, {**obj, "data": {"a": "c"}}),
            Request("PATCH", one, {"data": {"e": "f"}}, MERGE),
            Request("PATCH", f"{one}?fieldManager=m", apply, APPLY),
            Request("PATCH", f"{one}?fieldManager=m&force=true", apply, APPLY),
            Request("PATCH", f"{one}?fieldValidation=Strict&fieldManager=k", {"data": {"g": "h"}}, MERGE),
            Request("DELETE", one + _DRY),
            Request("DELETE", one),
            Request("DELETE", one),
            Request("PATCH", f"{one}?fieldManager=m", apply, APPLY),
            Request("DELETE", f"{CONFIGS}?labelSelector=case%3D{name}"),
            Request(
                "POST", CONFIGS + _DRY, {"metadata": {"generateName": "ways-", "labels": {"case": name}}}
            ),
        ],
        bindings=warn,
        validations=[tell],
    )
    kept = "kept"
    scenes |= _scene(
        kept,
        [
            Request("POST", CONFIGS, _labelled(kept)),
            Request("DELETE", f"{CONFIGS}/{kept}"),
            Request("DELETE", f"{CONFIGS}?labelSelector=case%3D{kept}"),
            Request("PATCH", f"{CONFIGS}/{kept}", {"metadata": {"labels": {"case": None}}}, MERGE),
            Request("PATCH", f"{CONFIGS}/{kept}", {"data": {"a": "b"}}, MERGE),
        ],
        {**_ALL, "operations": ["DELETE", "UPDATE"]},
        **_checks("request.operation == 'UPDATE' && object.data.a == 'b'"),
    )
    made = "generated"
    scenes |= _scene(
        made,
        [
            Request(
                "POST", CONFIGS + _DRY, {"metadata": {"generateName": "generated-", "labels": {"case": made}}}
            )
        ],
        **_checks("request.name.startsWith('generated-')", "object.metadata.name == request.name", "false"),
    )
    return scenes | _of_workloads(tell, warn) | _of_pods(tell, warn) | _of_namespaces(tell, warn)


def _of_workloads(tell: Object, warn: Any) -> dict[str, Scene]:
    name, where = "workload", "/apis/apps/v1/namespaces/default/deployments"
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"selector": {"matchLabels": {"app": "x"}}, "template": template}
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["deployments"]}
    every = {**rule, "resources": ["deployments", "deployments/*"]}
    obj = _labelled(name, spec=spec)
    scenes = _scene(
        name,
        [
            Request("POST", where, obj),
            Request("PATCH", f"{where}/{name}", {"spec": {"replicas": 2}}, MERGE),
            Request("PATCH", f"{where}/{name}/status", {"status": {"replicas": 2}}, MERGE),
            Request("PATCH", f"{where}/{name}/scale", {"spec": {"replicas": 3}}, MERGE),
            Request("DELETE", f"{where}/{name}", {"propagationPolicy": "Background"}),
        ],
        every,
        bindings=warn,
        validations=[tell],
    )
    shapes = {
        "status": "string(has(object.status)) + string(has(object.metadata.creationTimestamp))",
        "defaults": "string(object.spec.replicas) + object.spec.strategy.type + object.spec.template.spec.restartPolicy",
        "type": "string(type(object.spec.replicas) == int) + string(object.spec.replicas == 1.0)",
        "containers": "object.spec.template.spec.containers.map(c, c.name + c.imagePullPolicy).join(',')",
        "resources": "string(has(object.spec.template.spec.containers[0].resources))",
        "port": "string(object.spec.strategy.rollingUpdate.maxSurge == '25%')",
        "keys": "object.map(k, k).sort().join(',')",
        "spec": "object.spec.map(k, k).sort().join(',')",
        "template": "object.spec.template.metadata.map(k, k).sort().join(',')",
        "pod": "object.spec.template.spec.map(k, k).sort().join(',')",
    }
    for what, text in shapes.items():
        named = f"shape-{what}"
        request = Request("POST", where + _DRY, _labelled(named, spec=spec))
        scenes |= _scene(
            named, [request], rule, validations=[{"expression": "false", "messageExpression": text}]
        )
    claims = {
        "apiGroups": ["resource.k8s.io"],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["resourceclaims"],
    }
    body = {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "c"}}]}}
    old_body = {"devices": {"requests": [{"name": "r", "deviceClassName": "c"}]}}
    for version, sent in (("v1", body), ("v1beta2", body), ("v1beta1", old_body)):
        for match in ("Equivalent", "Exact"):
            named = f"claim-{version}-{match.lower()}"
            path = f"/apis/resource.k8s.io/{version}/namespaces/default/resourceclaims{_DRY}"
            constraints = {
                "resourceRules": [claims],
                "matchPolicy": match,
                "objectSelector": {"matchLabels": {"case": named}},
            }
            text = "object.apiVersion + request.kind.version + request.requestKind.version + object.spec.devices.requests[0].exactly.deviceClassName"
            scenes |= _scene(
                named,
                [Request("POST", path, _labelled(named, spec=sent))],
                matchConstraints=constraints,
                validations=[{"expression": "false", "messageExpression": text}],
            )
    for at, (version, device) in enumerate(
        (("v1beta1", "deviceClassName"), ("v1beta2", "exactly.deviceClassName"))
    ):
        named = f"claim-as-{version}"
        path = f"/apis/resource.k8s.io/v1/namespaces/default/resourceclaims{_DRY}"
        constraints = {
            "resourceRules": [{**claims, "apiVersions": [version]}],
            "objectSelector": {"matchLabels": {"case": named}},
        }
        text = f"object.apiVersion + request.resource.version + object.spec.devices.requests[0].{device} + '{at}'"
        scenes |= _scene(
            named,
            [Request("POST", path, _labelled(named, spec=body))],
            matchConstraints=constraints,
            validations=[{"expression": "false", "messageExpression": text}],
        )
    return scenes


def _of_pods(tell: Object, warn: Any) -> dict[str, Scene]:
    name, where = "a-pod", "/api/v1/namespaces/default/pods"
    rule = {
        **RULE,
        "operations": ["*"],
        "resources": ["pods", "pods/status", "pods/binding", "pods/eviction"],
    }
    pod = _labelled(name, spec={"containers": [{"name": "c", "image": "i"}]})
    target = {"apiVersion": "v1", "kind": "Node", "name": "n"}
    scenes = _scene(
        name,
        [
            Request("POST", where, pod),
            Request(
                "POST",
                f"{where}/{name}/binding",
                {"metadata": {"name": name, "labels": {"case": name}}, "target": target},
            ),
            Request(
                "POST", f"{where}/{name}/eviction", {"metadata": {"name": name, "labels": {"case": name}}}
            ),
            Request("PATCH", f"{where}/{name}/status", {"status": {"phase": "Running"}}, MERGE),
            Request("DELETE", f"{where}/{name}", {"gracePeriodSeconds": 0}),
        ],
        rule,
        bindings=warn,
        validations=[tell],
    )
    tokens = {
        **RULE,
        "operations": ["*"],
        "resources": ["serviceaccounts/token"],
        "resourceNames": ["default"],
    }
    account = "/api/v1/namespaces/default/serviceaccounts/default/token"
    said = {
        "expression": "false",
        "messageExpression": "request.kind.kind + request.subResource + object.kind + request.name",
    }
    constraints = {"resourceRules": [tokens]}
    scenes |= _scene(
        "token",
        [Request("POST", account, {"spec": {"audiences": ["x"]}})],
        matchConstraints=constraints,
        validations=[said],
    )
    connect = {
        **RULE,
        "operations": ["CONNECT"],
        "resources": ["pods/exec", "pods/attach", "pods/portforward"],
    }
    said = {
        "expression": "false",
        "messageExpression": "request.operation + request.kind.kind + object.kind + request.subResource + string(request.options == null) + (has(object.command) ? object.command.join(' ') : '')",
    }
    first = Request(
        "POST", where, {"metadata": {"name": "c-pod"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    )
    asked = [
        Request("POST", f"{where}/c-pod/{sub}")
        for sub in ("exec?command=a&command=b&stdout=true", "attach?stdin=true", "portforward")
    ]
    scenes |= _scene(
        "connected", [first, *asked], matchConstraints={"resourceRules": [connect]}, validations=[said]
    )
    return scenes


def _of_namespaces(tell: Object, warn: Any) -> dict[str, Scene]:
    name, where = "a-namespace", "/api/v1/namespaces"
    rule = {**RULE, "operations": ["*"], "resources": ["namespaces", "namespaces/*"]}
    text = _TELL + " + request.namespace + string(namespaceObject == null)"
    requests = [
        Request("POST", where, _labelled(name)),
        Request("PATCH", f"{where}/{name}", {"metadata": {"annotations": {"a": "b"}}}, MERGE),
        Request("DELETE", f"{where}/{name}" + _DRY),
    ]
    scenes = _scene(name, requests, rule, bindings=warn, validations=[{**tell, "messageExpression": text}])
    chosen = "chosen-namespace"
    constraints = {"resourceRules": [rule], "namespaceSelector": {"matchLabels": {"case": chosen}}}
    scenes |= _scene(
        chosen,
        [
            Request("POST", where + _DRY, _labelled(chosen)),
            Request("POST", where + _DRY, {"metadata": {"name": "other-namespace"}}),
        ],
        matchConstraints=constraints,
        **_checks("false"),
    )
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    rule = {
        "apiGroups": ["scheduling.k8s.io"],
        "apiVersions": ["v1"],
        "operations": ["*"],
        "resources": ["priorityclasses"],
    }
    said = {
        "expression": "false",
        "messageExpression": "string(has(request.namespace)) + string(namespaceObject == null) + string(object.value)",
    }
    for what, labels in (("any", {}), ("some", {"x": "y"})):
        named = f"class-{what}"
        constraints = {
            "resourceRules": [rule],
            "objectSelector": {"matchLabels": {"case": named}},
            "namespaceSelector": {"matchLabels": labels},
        }
        scenes |= _scene(
            named,
            [Request("POST", classes + _DRY, _labelled(named, value=5))],
            matchConstraints=constraints,
            validations=[said],
        )
    param = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
    reference = {"paramRef": {"name": "param", "parameterNotFoundAction": "Deny"}}
    named = "class-param"
    constraints = {"resourceRules": [rule], "objectSelector": {"matchLabels": {"case": named}}}
    scenes |= _scene(
        named,
        [Request("POST", classes + _DRY, _labelled(named, value=5))],
        matchConstraints=constraints,
        bindings=[reference],
        **param,
        **_checks("false"),
    )
    return scenes


def _drivers() -> dict[str, Scene]:
    """What the charts of DRA drivers bring: whoever runs on a node may write the slices of that node, and no others."""
    where = "/apis/resource.k8s.io/v1/resourceslices"
    pool = {"name": "p", "generation": 1, "resourceSliceCount": 1}
    rule = {
        "apiGroups": ["resource.k8s.io"],
        "apiVersions": ["v1", "v1beta1", "v1beta2"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": ["resourceslices"],
    }

    def of(name: str, **place: Any) -> Object:
        return {
            "metadata": {"name": name},
            "spec": {"driver": "d.example", "pool": pool, "devices": [{"name": "d"}], **place},
        }

    nowhere = {key: value for key, value in NODE_USER.items() if "Extra" not in key}
    own, away, wide = of("own", nodeName="n1"), of("away", nodeName="n2"), of("wide", allNodes=True)
    requests = [
        Request("POST", where, own, more=NODE_USER),
        Request("POST", where, away, more=NODE_USER),
        Request("POST", where, wide, more=NODE_USER),
        Request("POST", where, own, more=nowhere),
        Request("POST", where, away, more=ALICE),
        Request("PATCH", f"{where}/own", {"metadata": {"labels": {"a": "b"}}}, MERGE, NODE_USER),
        Request("PATCH", f"{where}/away", {"metadata": {"labels": {"a": "b"}}}, MERGE, NODE_USER),
        Request("DELETE", f"{where}/away", more=NODE_USER),
        Request("DELETE", f"{where}/own", more=NODE_USER),
        Request("DELETE", f"{where}/away", more=ALICE),
        Request(
            "POST",
            "/apis/resource.k8s.io/v1beta1/resourceslices" + _DRY,
            {
                "metadata": {"name": "old"},
                "spec": {
                    "driver": "d.example",
                    "pool": pool,
                    "nodeName": "n2",
                    "devices": [{"name": "d", "basic": {}}],
                },
            },
            more=NODE_USER,
        ),
    ]
    node = "variables.mine"
    validations = [
        {"expression": f"{node} != ''", "message": "whoever writes slices must run on a node"},
        {
            "expression": f"{node} == variables.theirs",
            "messageExpression": f"'from ' + {node} + ' nobody writes slices ' + (variables.theirs == '' ? 'of the cluster' : 'of ' + variables.theirs)",
        },
    ]
    variables = [
        {
            "name": "mine",
            "expression": "request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')",
        },
        {
            "name": "theirs",
            "expression": "(request.operation == 'DELETE' ? oldObject : object).spec.?nodeName.orValue('')",
        },
    ]
    condition = "request.userInfo.username == 'system:serviceaccount:default:driver'"
    return _scene(
        "driver",
        requests,
        matchConstraints={"resourceRules": [rule]},
        matchConditions=[{"name": "driver", "expression": condition}],
        variables=variables,
        validations=validations,
    )


SCENES: dict[str, Scene] = {
    **_said(),
    **_outcomes(),
    **_variables(),
    **_matched(),
    **_params(),
    **_operations(),
    **_drivers(),
}

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_WRITER: Object = {
    "apiGroups": ["admissionregistration.k8s.io"],
    "resources": ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
    "verbs": ["*"],
}
_READER = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}
_SUBJECT = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "bob"}
# Who writes policies and may read Secrets, and nothing else.
RIGHTS: tuple[tuple[str, Object], ...] = (
    (f"{_RBAC}/clusterroles", {"metadata": {"name": "writer"}, "rules": [_WRITER, _READER]}),
    (
        f"{_RBAC}/clusterrolebindings",
        {
            "metadata": {"name": "writer"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "writer"},
            "subjects": [_SUBJECT],
        },
    ),
)
_BOB = {"Impersonate-User": "bob", "Impersonate-Group": "system:authenticated"}
_GROUP = "/apis/admissionregistration.k8s.io/v1"


def _kind(name: str) -> Object:
    return {"paramKind": {"apiVersion": "v1", "kind": name}}


def _written(name: str, **spec: Any) -> Request:
    return Request("POST", f"{_GROUP}/validatingadmissionpolicies", policy(name, **spec), more=_BOB)


def _bound(bound: str, policy_name: str, **reference: Any) -> Request:
    whole = {"parameterNotFoundAction": "Allow", **reference}
    obj = binding(bound, policy_name, paramRef=whole)
    return Request("POST", f"{_GROUP}/validatingadmissionpolicybindings{_DRY}", obj, more=_BOB)


WRITERS: tuple[Request, ...] = (
    _written("bobs-own", **_kind("Secret")),
    _written("bobs-other", **_kind("ConfigMap")),
    _written("bobs-unknown", **_kind("Thing")),
    _written("bobs-none"),
    _bound("b", "bobs-own", name="x", namespace="default"),
    _bound("b", "bobs-own", selector={}),
    _bound("b", "param-own", name="x", namespace="default"),
    _bound("b", "param-own", selector={"matchLabels": {"a": "b"}}),
    _bound("b", "bobs-none", name="x"),
    _bound("b", "nobodys", name="x"),
    _written("bobs.static"),
    Request("GET", f"{_GROUP}/validatingadmissionpolicies/bobs-own", more=_BOB),
    Request(
        "PATCH", f"{_GROUP}/validatingadmissionpolicies/bobs-own", {"spec": _kind("ConfigMap")}, MERGE, _BOB
    ),
    Request(
        "PATCH",
        f"{_GROUP}/validatingadmissionpolicies/bobs-own",
        {"spec": {"failurePolicy": "Ignore"}},
        MERGE,
        _BOB,
    ),
    Request("PUT", f"{_GROUP}/validatingadmissionpolicies/bobs-own", policy("bobs-own"), more=_BOB),
    Request(
        "PATCH",
        f"{_GROUP}/validatingadmissionpolicies/bobs-own",
        {"spec": {"validations": [{"expression": "x"}]}},
        MERGE,
        _BOB,
    ),
    Request("DELETE", f"{_GROUP}/validatingadmissionpolicies/bobs-own", more=_BOB),
)
