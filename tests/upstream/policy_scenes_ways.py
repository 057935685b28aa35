"""The same object through all that can be done with it; each time the policy tells what it was."""

from __future__ import annotations

from typing import Any

from .policy_cases import RULE
from .policy_scene import (
    ALL,
    APPLY,
    CONFIGS,
    DRY,
    MERGE,
    Object,
    Request,
    Scene,
    checks,
    labelled,
    scene,
)

_TELL = (
    "request.operation + ' ' + request.name + ' ' + request.kind.kind + ' ' + string(object == null)"
    " + string(oldObject == null) + (has(request.subResource) ? request.subResource : '') + request.options.kind"
)


def ways() -> dict[str, Scene]:
    """The same object through all that can be done with it; each time the policy tells what it was."""
    tell = {"expression": "false", "messageExpression": _TELL}
    warn = [{"validationActions": ["Warn"]}]
    name = "ways"
    obj = labelled(name, data={"a": "b"})
    one = f"{CONFIGS}/{name}"
    apply = {"apiVersion": "v1", "kind": "ConfigMap", **labelled(name, data={"a": "d"})}
    scenes = scene(
        name,
        [
            Request("POST", CONFIGS, obj),
            Request("POST", CONFIGS + DRY, obj),
            Request("PUT", one, {**obj, "data": {"a": "c"}}),
            Request("PUT", one, {**obj, "data": {"a": "c"}}),
            Request("PATCH", one, {"data": {"e": "f"}}, MERGE),
            Request("PATCH", f"{one}?fieldManager=m", apply, APPLY),
            Request("PATCH", f"{one}?fieldManager=m&force=true", apply, APPLY),
            Request("PATCH", f"{one}?fieldValidation=Strict&fieldManager=k", {"data": {"g": "h"}}, MERGE),
            Request("DELETE", one + DRY),
            Request("DELETE", one),
            Request("DELETE", one),
            Request("PATCH", f"{one}?fieldManager=m", apply, APPLY),
            Request("DELETE", f"{CONFIGS}?labelSelector=case%3D{name}"),
            Request("POST", CONFIGS + DRY, {"metadata": {"generateName": "ways-", "labels": {"case": name}}}),
        ],
        bindings=warn,
        validations=[tell],
    )
    kept = "kept"
    scenes |= scene(
        kept,
        [
            Request("POST", CONFIGS, labelled(kept)),
            Request("DELETE", f"{CONFIGS}/{kept}"),
            Request("DELETE", f"{CONFIGS}?labelSelector=case%3D{kept}"),
            Request("PATCH", f"{CONFIGS}/{kept}", {"metadata": {"labels": {"case": None}}}, MERGE),
            Request("PATCH", f"{CONFIGS}/{kept}", {"data": {"a": "b"}}, MERGE),
        ],
        {**ALL, "operations": ["DELETE", "UPDATE"]},
        **checks("request.operation == 'UPDATE' && object.data.a == 'b'"),
    )
    made = "generated"
    scenes |= scene(
        made,
        [
            Request(
                "POST", CONFIGS + DRY, {"metadata": {"generateName": "generated-", "labels": {"case": made}}}
            )
        ],
        **checks("request.name.startsWith('generated-')", "object.metadata.name == request.name", "false"),
    )
    return scenes | _of_workloads(tell, warn) | _of_pods(tell, warn) | _of_namespaces(tell, warn)


def _of_workloads(tell: Object, warn: Any) -> dict[str, Scene]:
    name, where = "workload", "/apis/apps/v1/namespaces/default/deployments"
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"selector": {"matchLabels": {"app": "x"}}, "template": template}
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["deployments"]}
    every = {**rule, "resources": ["deployments", "deployments/*"]}
    obj = labelled(name, spec=spec)
    scenes = scene(
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
        request = Request("POST", where + DRY, labelled(named, spec=spec))
        scenes |= scene(
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
            path = f"/apis/resource.k8s.io/{version}/namespaces/default/resourceclaims{DRY}"
            constraints = {
                "resourceRules": [claims],
                "matchPolicy": match,
                "objectSelector": {"matchLabels": {"case": named}},
            }
            text = "object.apiVersion + request.kind.version + request.requestKind.version"
            scenes |= scene(
                named,
                [Request("POST", path, labelled(named, spec=sent))],
                matchConstraints=constraints,
                validations=[{"expression": "false", "messageExpression": text}],
            )
    for at, (version, device) in enumerate(
        (("v1beta1", "deviceClassName"), ("v1beta2", "exactly.deviceClassName"))
    ):
        named = f"claim-as-{version}"
        path = f"/apis/resource.k8s.io/v1/namespaces/default/resourceclaims{DRY}"
        constraints = {
            "resourceRules": [{**claims, "apiVersions": [version]}],
            "objectSelector": {"matchLabels": {"case": named}},
        }
        text = f"object.apiVersion + request.resource.version + object.spec.devices.requests[0].{device} + '{at}'"
        scenes |= scene(
            named,
            [Request("POST", path, labelled(named, spec=body))],
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
    pod = labelled(name, spec={"containers": [{"name": "c", "image": "i"}]})
    target = {"apiVersion": "v1", "kind": "Node", "name": "n"}
    scenes = scene(
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
    scenes |= scene(
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
        "messageExpression": "request.operation + request.kind.kind + object.kind + request.subResource"
        " + string(request.options == null) + (has(object.command) ? object.command.join(' ') : '')",
    }
    first = Request(
        "POST", where, {"metadata": {"name": "c-pod"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    )
    asked = [
        Request("POST", f"{where}/c-pod/{sub}")
        for sub in ("exec?command=a&command=b&stdout=true", "attach?stdin=true", "portforward")
    ]
    scenes |= scene(
        "connected", [first, *asked], matchConstraints={"resourceRules": [connect]}, validations=[said]
    )
    return scenes


def _of_namespaces(tell: Object, warn: Any) -> dict[str, Scene]:
    name, where = "a-namespace", "/api/v1/namespaces"
    rule = {**RULE, "operations": ["*"], "resources": ["namespaces", "namespaces/*"]}
    text = _TELL + " + request.namespace + string(namespaceObject == null)"
    requests = [
        Request("POST", where, labelled(name)),
        Request("PATCH", f"{where}/{name}", {"metadata": {"annotations": {"a": "b"}}}, MERGE),
        Request("DELETE", f"{where}/{name}" + DRY),
    ]
    scenes = scene(name, requests, rule, bindings=warn, validations=[{**tell, "messageExpression": text}])
    chosen = "chosen-namespace"
    constraints = {"resourceRules": [rule], "namespaceSelector": {"matchLabels": {"case": chosen}}}
    scenes |= scene(
        chosen,
        [
            Request("POST", where + DRY, labelled(chosen)),
            Request("POST", where + DRY, {"metadata": {"name": "other-namespace"}}),
        ],
        matchConstraints=constraints,
        **checks("false"),
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
        scenes |= scene(
            named,
            [Request("POST", classes + DRY, labelled(named, value=5))],
            matchConstraints=constraints,
            validations=[said],
        )
    param = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
    reference = {"paramRef": {"name": "param", "parameterNotFoundAction": "Deny"}}
    named = "class-param"
    constraints = {"resourceRules": [rule], "objectSelector": {"matchLabels": {"case": named}}}
    scenes |= scene(
        named,
        [Request("POST", classes + DRY, labelled(named, value=5))],
        matchConstraints=constraints,
        bindings=[reference],
        **param,
        **checks("false"),
    )
    return scenes
