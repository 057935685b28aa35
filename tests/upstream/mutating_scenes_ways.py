"""When policies are asked: for which requests, in which order, once or twice, with what parameters; and what is refused."""

from __future__ import annotations

from .mutating_scene import (
    DEPLOYMENTS,
    PODS,
    RULE,
    MutatingScene,
    Object,
    apply,
    bound,
    config,
    deployment,
    mutating,
    operations,
    pod,
    scene,
)
from .policy_scene import APPLY, CONFIGS, DRY, MERGE, Request, labelled

_SEEN = apply("Object{data: {'seen': 'yes'}}")
_DEEP = "[1,2,3,4,5,6,7,8,9,10].all(x, [1,2,3,4,5,6,7,8,9,10].all(y, [1,2,3,4,5,6,7,8,9,10].all(z, {})))"


def _count(name: str) -> Object:
    old = f"(has(object.data) && '{name}' in object.data ? object.data['{name}'] : '')"
    return apply(f"Object{{data: {{'{name}': {old} + '+'}}}}")


def matched() -> dict[str, MutatingScene]:
    scenes: dict[str, MutatingScene] = {}
    rules: dict[str, Object] = {
        "update": {**RULE, "operations": ["UPDATE"]},
        "star": {**RULE, "operations": ["*"], "resources": ["*"]},
        "other": {**RULE, "resources": ["secrets"]},
        "cluster": {**RULE, "scope": "Cluster"},
        "named": {**RULE, "resourceNames": ["rule-named"]},
    }
    for what, rule in rules.items():
        scenes |= scene(f"rule-{what}", [_SEEN], rule=rule)
    for what, text in {
        "yes": "object.metadata.name == 'condition-yes'",
        "no": "false",
        "broken": "object.nothing == 1",
        "request": "request.operation == 'CREATE' && request.dryRun && request.name == 'condition-request'",
    }.items():
        conditions = [{"name": "c", "expression": text}]
        scenes |= scene(f"condition-{what}", [_SEEN], matchConditions=conditions)
        if what == "broken":
            scenes |= scene("condition-ignored", [_SEEN], matchConditions=conditions, failurePolicy="Ignore")
    limited = {"matchResources": {"objectSelector": {"matchLabels": {"more": "yes"}}}}
    requests = [
        config("bound"),
        Request(
            "POST",
            CONFIGS + DRY,
            labelled("bound", metadata={"name": "bound", "labels": {"case": "bound", "more": "yes"}}),
        ),
    ]
    scenes |= scene("bound", [_SEEN], requests, [limited])
    away = {"matchResources": {"namespaceSelector": {"matchLabels": {"no": "where"}}}}
    scenes |= scene("away", [_SEEN], bindings=[away])
    scenes |= scene("unbound", [_SEEN], bindings=[{"policyName": "nobody"}])
    return scenes


def with_params() -> dict[str, MutatingScene]:
    kind = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
    most = apply("Object{data: {'most': params == null ? 'none' : params.data.most}}")
    here = {"namespace": "default", "parameterNotFoundAction": "Deny"}
    references: dict[str, Object] = {
        "name": {**here, "name": "param"},
        "home": {"name": "param", "parameterNotFoundAction": "Deny"},
        "selector": {**here, "selector": {"matchLabels": {"param": "yes"}}},
        "missing": {**here, "name": "none"},
        "missing-allowed": {**here, "name": "none", "parameterNotFoundAction": "Allow"},
        "selector-missing": {**here, "selector": {"matchLabels": {"param": "no"}}},
    }
    scenes: dict[str, MutatingScene] = {}
    for what, reference in references.items():
        scenes |= scene(f"param-{what}", [most], bindings=[{"paramRef": reference}], **kind)
    scenes |= scene("param-none", [most], **kind)
    scenes |= scene(
        "param-broken",
        [apply("Object{data: {'a': params.data.none}}")],
        bindings=[{"paramRef": references["name"]}],
        **kind,
    )
    scenes |= scene(
        "param-ignored",
        [most],
        bindings=[{"paramRef": references["missing"]}],
        failurePolicy="Ignore",
        **kind,
    )
    unknown = {"paramKind": {"apiVersion": "example.com/v1", "kind": "Nothing"}}
    scenes |= scene("param-unknown", [most], bindings=[{"paramRef": references["name"]}], **unknown)
    return scenes


def read() -> dict[str, MutatingScene]:
    scenes: dict[str, MutatingScene] = {}
    texts = {
        "user": "request.userInfo.username",
        "kind": "request.kind.group + '/' + request.kind.version + '/' + request.kind.kind",
        "resource": "request.resource.resource + request.requestResource.version",
        "options": "string(has(request.options)) + string(request.dryRun)",
        "old": "string(oldObject == null)",
        "home": "namespaceObject.metadata.name",
        "allowed": "string(authorizer.group('').resource('pods').namespace('default').check('get').allowed())",
        "own-allowed": "string(authorizer.requestResource.check('create').allowed())",
        "uid": "string(has(object.metadata.uid)) + string(has(object.metadata.creationTimestamp))",
        "generated": "has(object.metadata.name) ? object.metadata.name : 'none'",
        "type": "object.kind + object.apiVersion",
        "variable": "variables.v + variables.w",
        "variable-broken": "variables.broken",
    }
    variables = [
        {"name": "v", "expression": "object.metadata.name"},
        {"name": "w", "expression": "variables.v + '!'"},
        {"name": "broken", "expression": "object.nothing"},
    ]
    for what, text in texts.items():
        scenes |= scene(f"read-{what}", [apply(f"Object{{data: {{'is': {text}}}}}")], variables=variables)
    name = "read-generated"
    request = Request("POST", CONFIGS + DRY, {"metadata": {"generateName": "g-", "labels": {"case": name}}})
    scenes[name] = scenes[name]._replace(requests=(config(name), request))
    later = apply("Object{data: {'later': variables.n}}")
    first = apply("Object{data: {'first': variables.n}}")
    count = [{"name": "n", "expression": "string(has(object.data) ? object.data.size() : 0)"}]
    scenes |= scene("read-anew", [first, later, later], variables=count)
    costly = _DEEP.format(_DEEP.format("true"))
    scenes |= scene("costly", [apply(f"{costly} ? Object{{}} : Object{{data: {{'a': 'b'}}}}")])
    scenes |= scene(
        "costly-variable",
        [apply("variables.v ? Object{} : Object{data: {'a': 'b'}}")],
        variables=[{"name": "v", "expression": costly}],
    )
    return scenes


def failing() -> dict[str, MutatingScene]:
    bad, worse = apply("Object{nothing: 1}"), operations("op: 'remove', path: '/none/at'")
    scenes: dict[str, MutatingScene] = {}
    for policy in ("Fail", "Ignore"):
        low = policy.lower()
        scenes |= scene(f"fails-{low}", [bad], failurePolicy=policy)
        scenes |= scene(f"fails-both-{low}", [bad, _SEEN, worse], failurePolicy=policy)
        unknown = operations("op: 'add', path: '/none', value: 1")
        scenes |= scene(f"fails-decoding-{low}", [unknown], failurePolicy=policy)
        scenes |= scene(f"fails-twice-{low}", [bad], bindings=[{}, {}], failurePolicy=policy)
    return scenes


def together() -> dict[str, MutatingScene]:
    """Several policies about one object, asked once or again."""
    scenes: dict[str, MutatingScene] = {}
    for first in ("Never", "IfNeeded"):
        for second in ("Never", "IfNeeded"):
            name = f"order-{first.lower()}-{second.lower()}"
            policies = tuple(
                mutating(f"{name}-{letter}", _count(letter), case=name, reinvocationPolicy=again)
                for letter, again in (("b", second), ("a", first))
            )
            bindings = tuple(bound(f"{name}-{one}", f"{name}-{one}") for one in "ab")
            scenes[name] = MutatingScene(policies, bindings, (config(name), config(name, data={"a": "1"})))
    scenes |= scene("again-alone", [_count("a")], reinvocationPolicy="IfNeeded")
    scenes |= scene("again-idle", [apply("Object{}"), _count("a")], reinvocationPolicy="IfNeeded")
    scenes |= scene("again-bound-twice", [_count("a")], bindings=[{}, {}], reinvocationPolicy="IfNeeded")
    name = "sees-others"
    told = "has(object.data) && 'a' in object.data ? 'after' : 'before'"
    policies = (
        mutating(
            f"{name}-a",
            apply(f"Object{{data: {{'told': {told}}}}}"),
            case=name,
            reinvocationPolicy="IfNeeded",
        ),
        mutating(f"{name}-b", _count("a"), case=name),
    )
    scenes[name] = MutatingScene(
        policies, (bound(f"{name}-a", f"{name}-a"), bound(f"{name}-b", f"{name}-b")), (config(name),)
    )
    name = "later-condition"
    conditions = [{"name": "c", "expression": "has(object.data) && 'b' in object.data"}]
    policies = (
        mutating(
            f"{name}-a", _count("a"), case=name, reinvocationPolicy="IfNeeded", matchConditions=conditions
        ),
        mutating(f"{name}-b", _count("b"), case=name, reinvocationPolicy="IfNeeded"),
    )
    scenes[name] = MutatingScene(
        policies, (bound(f"{name}-a", f"{name}-a"), bound(f"{name}-b", f"{name}-b")), (config(name),)
    )
    return scenes


def ways() -> dict[str, MutatingScene]:
    """The same object through all that can be done with it."""
    name, every = "ways", {**RULE, "operations": ["*"]}
    obj, one = labelled(name, data={"a": "b"}), f"{CONFIGS}/ways"
    applied = {"apiVersion": "v1", "kind": "ConfigMap", **labelled(name, data={"a": "d"})}
    tell = "request.operation + (oldObject == null ? '' : oldObject.data.a)"
    scenes = scene(
        name,
        [apply(f"Object{{data: {{'told': {tell}}}}}"), _count("n")],
        [
            Request("POST", CONFIGS, obj),
            Request("PUT", one, {**obj, "data": {"a": "c"}}),
            Request("PATCH", one, {"data": {"e": "f"}}, MERGE),
            Request("PATCH", f"{one}?fieldManager=m", applied, APPLY),
            Request("PATCH", f"{one}?fieldManager=m&force=true", applied, APPLY),
            Request("GET", one),
            Request("DELETE", one),
            Request("PATCH", f"{one}?fieldManager=m", applied, APPLY),
            Request("GET", one),
            Request("DELETE", one),
        ],
        rule=every,
    )
    name = "parts"
    pod_path, obj = f"{PODS}/parts", pod(name).obj or {}
    label = apply(
        "Object{metadata: Object.metadata{labels: {'sub': has(request.subResource) ? request.subResource : 'x'}}}"
    )
    scenes |= scene(
        name,
        [label],
        [
            Request("POST", PODS, obj),
            Request("PATCH", f"{pod_path}/status", {"status": {"message": "m"}}, MERGE),
            Request("PATCH", f"{pod_path}/status", {"metadata": {"annotations": {"a": "b"}}}, MERGE),
            Request(
                "POST",
                f"{pod_path}/eviction{DRY}",
                {"apiVersion": "policy/v1", "kind": "Eviction", **labelled(name)},
            ),
            Request("POST", f"{pod_path}/binding{DRY}", {"target": {"name": "n"}, **labelled(name)}),
            Request(
                "PATCH",
                f"{pod_path}/ephemeralcontainers",
                {"spec": {"ephemeralContainers": [{"name": "e", "image": "e"}]}},
                "application/strategic-merge-patch+json",
            ),
            Request("GET", pod_path),
        ],
        rule={**every, "resources": ["pods", "pods/*"]},
    )
    configured = apply("Object{spec: Object.spec{replicas: object.spec.replicas + 1}}")
    replaced = operations("op: 'replace', path: '/spec/replicas', value: object.spec.replicas + 1")
    return scenes | _scaled("scaled", configured) | _scaled("scaled-so", replaced)


def _scaled(name: str, mutation: Object) -> dict[str, MutatingScene]:
    path, obj = f"{DEPLOYMENTS}/{name}", deployment(name).obj or {}
    policy = mutating(
        name,
        mutation,
        matchConstraints={"resourceRules": [{**RULE, "resources": ["deployments/scale"]}]},
        matchConditions=[{"name": "c", "expression": f"object.metadata.name == '{name}'"}],
    )
    whole = {"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": 6}}
    requests = (
        Request("POST", DEPLOYMENTS, obj),
        Request("PATCH", f"{path}/scale", {"spec": {"replicas": 4}}, MERGE),
        Request("PUT", f"{path}/scale", {**whole, "metadata": {"name": name, "namespace": "default"}}),
        Request("PATCH", f"{path}/scale", {"spec": {"replicas": -7}}, MERGE),
        Request("GET", path),
    )
    return {name: MutatingScene((policy,), (bound(name, name),), requests)}


def versions() -> dict[str, MutatingScene]:
    """One object in two versions of its resource."""
    scenes: dict[str, MutatingScene] = {}
    path = "/apis/autoscaling/{}/namespaces/default/horizontalpodautoscalers" + DRY
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}, "maxReplicas": 5}
    for what, version, policy in (
        ("equal", "v1", "Equivalent"),
        ("other", "v2", "Equivalent"),
        ("exact", "v1", "Exact"),
        ("exact-other", "v2", "Exact"),
    ):
        name = f"version-{what}"
        constraints = {
            "resourceRules": [{**RULE, "apiVersions": ["v1"], "resources": ["horizontalpodautoscalers"]}],
            "objectSelector": {"matchLabels": {"case": name}},
            "matchPolicy": policy,
        }
        tell = "Object{metadata: Object.metadata{labels: {'v': request.kind.version + request.requestKind.version}}"
        change = apply(f"{tell}, spec: Object.spec{{targetCPUUtilizationPercentage: 70, minReplicas: 2}}}}")
        request = Request("POST", path.format(version), labelled(name, spec=spec))
        scenes |= scene(name, [change], [request], matchConstraints=constraints)
    name = "version-both"
    for letter, number in (("a", "v1"), ("b", "v2")):
        constraints = {
            "resourceRules": [{**RULE, "apiVersions": [number], "resources": ["horizontalpodautoscalers"]}],
            "objectSelector": {"matchLabels": {"case": name}},
        }
        change = apply(f"Object{{metadata: Object.metadata{{labels: {{'{letter}': 'x'}}}}}}")
        made = mutating(f"{name}-{letter}", change, matchConstraints=constraints)
        before = scenes.get(name, MutatingScene((), (), ()))
        tied = bound(f"{name}-{letter}", f"{name}-{letter}")
        requests = tuple(Request("POST", path.format(one), labelled(name, spec=spec)) for one in ("v1", "v2"))
        scenes[name] = MutatingScene((*before.policies, made), (*before.bindings, tied), requests)
    return scenes
