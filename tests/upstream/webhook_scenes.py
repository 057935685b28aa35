"""Webhooks at work, and the requests that fall under them. Each scene has its own label, so that all may stand at once."""

from __future__ import annotations

from typing import Any, NamedTuple

from webhook_program import Behaviour, Review, patch, response

from .policy_scene import APPLY, CONFIGS, DRY, MERGE, Request, labelled

Object = dict[str, Any]
PODS = "/api/v1/namespaces/default/pods"


class Scene(NamedTuple):
    """A webhook's parts, whether it changes objects, how it answers, and what is asked then."""

    parts: Object
    mutating: bool
    behaviour: Behaviour
    requests: tuple[Request, ...]


def _says(**parts: Any) -> Behaviour:
    return lambda review: (200, response(review, **parts))


def _patches(*operations: Object, **parts: Any) -> Behaviour:
    return _says(**patch(*operations), **parts)


def _raw(status: int, body: Any) -> Behaviour:
    return lambda review: (status, body)


def _about(resources: list[str], groups: tuple[str, ...] = ("",), **parts: Any) -> Object:
    rule = {"operations": ["*"], "apiGroups": list(groups), "apiVersions": ["v1"], "resources": resources}
    return {"rules": [{**rule, **parts}]}


def _map(name: str, verb: str = "POST", query: str = DRY, **parts: Any) -> Request:
    return Request(verb, CONFIGS + query, labelled(name, **parts))


def _denied(**status: Any) -> Behaviour:
    return _says(allowed=False, status=status)


def _other_version(review: Review) -> tuple[int, Any]:
    answer = response(review)
    answer["apiVersion"] = "admission.k8s.io/v1beta1"
    return 200, answer


def _pod(name: str) -> Object:
    container = {"name": "c", "image": "busybox"}
    return labelled(name, spec={"containers": [container], "automountServiceAccountToken": False})


def _life(name: str, path: str = CONFIGS, **parts: Any) -> tuple[Request, ...]:
    """An object is made, changed in three ways, and deleted."""
    merge = {"metadata": {"annotations": {"a": "1"}}}
    applied = labelled(name, "ConfigMap", apiVersion="v1", data={"applied": "yes"})
    return (
        Request("POST", path, labelled(name, **parts)),
        Request("PUT", f"{path}/{name}", labelled(name, data={"put": "yes"})),
        Request("PATCH", f"{path}/{name}", merge, MERGE),
        Request("PATCH", f"{path}/{name}?fieldManager=m&force=true", applied, APPLY),
        Request("GET", f"{path}/{name}"),
        Request("DELETE", f"{path}/{name}"),
    )


_ADD: Object = {"op": "add", "path": "/metadata/labels/added", "value": "yes"}
_DENIALS: dict[str, Behaviour] = {
    "deny-mute": _says(allowed=False),
    "deny-said": _denied(message="no"),
    "deny-reason": _denied(reason="BadDay"),
    "deny-both": _denied(reason="Forbidden", message="no", code=403),
    "deny-success": _denied(status="Success", message="no", code=200),
    "deny-details": _denied(
        message="no", code=422, details={"name": "x", "kind": "y", "causes": [{"message": "z"}]}
    ),
    "deny-warned": _says(allowed=False, warnings=["look", "out"], status={"message": "no"}),
    "not-said": lambda review: (
        200,
        {**response(review), "response": {"uid": review["request"]["uid"]}},
    ),
}
_FAILURES: dict[str, Behaviour] = {
    "status-400": _raw(400, "bad"),
    "status-401": _raw(401, "who"),
    "status-403": _raw(403, "may not"),
    "status-404": _raw(404, "nothing"),
    "status-409": _raw(409, "twice"),
    "status-429": _raw(429, "often"),
    "status-500": _raw(500, "oh"),
    "status-503": _raw(503, "later"),
    "status-302": _raw(302, ""),
    "no-response": lambda review: (200, {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}),
    "other-uid": lambda review: (200, response(review, uid="7")),
    "no-uid": lambda review: (200, response(review, uid="")),
    "other-version": _other_version,
    "no-object": _raw(200, {}),
}
_PATCHES: dict[str, Behaviour] = {
    "patch-label": _patches(_ADD),
    "patch-warned": _patches(_ADD, warnings=["changed"]),
    "patch-data": _patches({"op": "add", "path": "/data", "value": {"patched": "yes"}}),
    "patch-nothing": _patches({"op": "test", "path": "/metadata/name", "value": "patch-nothing"}),
    "patch-test": _patches({"op": "test", "path": "/metadata/name", "value": "other"}),
    "patch-missing": _patches({"op": "remove", "path": "/metadata/labels/none"}),
    "patch-unknown": _patches({"op": "add", "path": "/nonsense", "value": 1}),
    "patch-misfit": _patches({"op": "add", "path": "/data", "value": ["a"]}),
    "patch-invalid": _patches({"op": "add", "path": "/data", "value": {"a b": "c"}}),
    "patch-managed": _patches({"op": "add", "path": "/metadata/managedFields", "value": []}),
    "patch-empty": _says(patchType="JSONPatch", patch="W10="),
    "patch-typeless": _says(patch="W10="),
    "patch-bodyless": _says(patchType="JSONPatch"),
    "patch-other": _says(patchType="MergePatch", patch="e30="),
    "patch-refused": _patches(_ADD, allowed=False),
}
_CONDITION = [{"name": "c", "expression": "request.operation != 'UPDATE' || object.data.put == 'yes'"}]
_BROKEN = [{"name": "c", "expression": "object.data.none == 'x'"}]

SCENES: dict[str, Scene] = {
    **{
        name: Scene({}, mutating, behaviour, (_map(name), _map(name, query="")))
        for found, mutating in ((_DENIALS, False), (_FAILURES, False), (_PATCHES, True))
        for name, behaviour in found.items()
    },
    "open": Scene({"failurePolicy": "Ignore"}, False, _raw(500, "oh"), (_map("open"),)),
    "life": Scene({}, False, _says(warnings=["seen"]), _life("life")),
    "life-changed": Scene({}, True, _patches(_ADD), _life("life-changed")),
    "beta": Scene({"admissionReviewVersions": ["v1beta1", "v1"]}, True, _patches(_ADD), (_map("beta"),)),
    "beta-loose": Scene(
        {"admissionReviewVersions": ["v1beta1"]},
        True,
        lambda review: (200, {"response": {"allowed": True, "patch": patch(_ADD)["patch"]}}),
        (_map("beta-loose"),),
    ),
    "validating-patch": Scene({}, False, _patches(_ADD), (_map("validating-patch"),)),
    "validating-type": Scene({}, False, _says(patchType="JSONPatch"), (_map("validating-type"),)),
    "on-trial": Scene({"sideEffects": "NoneOnDryRun"}, False, _says(), (_map("on-trial"),)),
    "condition": Scene(
        {"matchConditions": _CONDITION},
        False,
        _denied(message="met"),
        (_map("condition"), *_life("condition")),
    ),
    "condition-broken": Scene({"matchConditions": _BROKEN}, False, _says(), (_map("condition-broken"),)),
    "condition-open": Scene(
        {"matchConditions": _BROKEN, "failurePolicy": "Ignore"},
        False,
        _denied(message="asked"),
        (_map("condition-open"),),
    ),
    "generated": Scene(
        {},
        True,
        _patches(_ADD),
        (
            Request(
                "POST", CONFIGS + DRY, {"metadata": {"generateName": "g-", "labels": {"case": "generated"}}}
            ),
        ),
    ),
    "pod": Scene(
        _about(["pods", "pods/status", "pods/binding", "pods/eviction"]),
        True,
        _patches({"op": "add", "path": "/metadata/annotations", "value": {"hooked": "yes"}}),
        (
            Request("POST", PODS, _pod("pod")),
            Request("PATCH", f"{PODS}/pod/status", {"status": {"message": "m"}}, MERGE),
            Request("POST", f"{PODS}/pod/binding", {"target": {"name": "n"}, "metadata": {"name": "pod"}}),
            Request("GET", f"{PODS}/pod"),
            Request("DELETE", f"{PODS}/pod?gracePeriodSeconds=0"),
        ),
    ),
    "sidecar": Scene(
        {**_about(["pods"]), "reinvocationPolicy": "IfNeeded"},
        True,
        _patches({"op": "add", "path": "/spec/containers/-", "value": {"name": "side", "image": "busybox"}}),
        (Request("POST", PODS + DRY, _pod("sidecar")),),
    ),
    "scale": Scene(
        _about(["deployments/scale"], ("apps",)),
        True,
        _patches({"op": "replace", "path": "/spec/replicas", "value": 7}),
        (
            Request(
                "POST",
                "/apis/apps/v1/namespaces/default/deployments",
                labelled(
                    "scale",
                    spec={
                        "selector": {"matchLabels": {"a": "b"}},
                        "template": {
                            "metadata": {"labels": {"a": "b"}},
                            "spec": {"containers": [{"name": "c", "image": "i"}]},
                        },
                    },
                ),
            ),
            Request(
                "PATCH",
                "/apis/apps/v1/namespaces/default/deployments/scale/scale",
                {"spec": {"replicas": 3}},
                MERGE,
            ),
            Request("GET", "/apis/apps/v1/namespaces/default/deployments/scale/scale"),
        ),
    ),
    "delete-many": Scene(
        _about(["configmaps"], operations=["DELETE"]),
        False,
        _denied(message="keep it"),
        (
            _map("delete-many", query=""),
            Request("DELETE", f"{CONFIGS}?labelSelector=case%3Ddelete-many"),
            Request("DELETE", f"{CONFIGS}/delete-many"),
        ),
    ),
    "delete-patch": Scene(
        _about(["configmaps"], operations=["DELETE"]),
        True,
        _patches(_ADD),
        (_map("delete-patch", query=""), Request("DELETE", f"{CONFIGS}/delete-patch")),
    ),
}
