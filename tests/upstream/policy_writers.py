"""Who writes policies must be able to read their parameters."""

from __future__ import annotations

from typing import Any

from .policy_cases import binding, policy
from .policy_scene import (
    DRY,
    MERGE,
    Object,
    Request,
)

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
    return Request("POST", f"{_GROUP}/validatingadmissionpolicybindings{DRY}", obj, more=_BOB)


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
