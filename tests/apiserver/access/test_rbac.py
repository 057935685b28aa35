from __future__ import annotations

from typing import Any

import pytest

from drakkar.apiserver.access.policy_rule import Attributes, rule_allows
from drakkar.apiserver.access.rbac import Rbac

DRIVER = "system:serviceaccount:dra-tutorial:dra-example-driver-service-account"


def _rbac() -> Rbac:
    roles: dict[tuple[str, str, str], dict[str, Any]] = {
        ("clusterroles", "", "driver"): {
            "rules": [
                {"apiGroups": ["resource.k8s.io"], "resources": ["resourceclaims"], "verbs": ["get"]},
                {"apiGroups": ["resource.k8s.io"], "resources": ["resourceslices"], "verbs": ["*"]},
            ]
        },
        ("roles", "a", "reader"): {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    }
    bindings: dict[tuple[str, str], list[dict[str, Any]]] = {
        ("clusterrolebindings", ""): [
            {
                "metadata": {"name": "driver"},
                "subjects": [
                    {
                        "kind": "ServiceAccount",
                        "namespace": "dra-tutorial",
                        "name": "dra-example-driver-service-account",
                    }
                ],
                "roleRef": {"kind": "ClusterRole", "name": "driver"},
            },
            {
                "metadata": {"name": "lost"},
                "subjects": [{"kind": "Group", "name": "lost"}],
                "roleRef": {"kind": "ClusterRole", "name": "gone"},
            },
        ],
        ("rolebindings", "a"): [
            {
                "metadata": {"name": "reader"},
                "subjects": [{"kind": "User", "name": "alice"}],
                "roleRef": {"kind": "Role", "name": "reader"},
            }
        ],
    }
    return Rbac(
        lambda resource, namespace: bindings.get((resource, namespace), []),
        lambda resource, namespace, name: roles.get((resource, namespace, name)),
    )


@pytest.mark.parametrize(
    ("user", "asked", "allowed"),
    [
        (DRIVER, Attributes("get", "resource.k8s.io", "resourceclaims", namespace="x", name="c"), True),
        (DRIVER, Attributes("update", "resource.k8s.io", "resourceclaims", "status", "x", "c"), False),
        (DRIVER, Attributes("create", "resource.k8s.io", "resourceslices"), True),
        (DRIVER, Attributes("get", "", "pods", namespace="a"), False),
        ("alice", Attributes("get", "", "pods", namespace="a", name="p"), True),
        ("alice", Attributes("get", "", "pods", "log", "a", "p"), False),
        ("alice", Attributes("get", "", "pods", namespace="b", name="p"), False),
        ("alice", Attributes("get", path="/metrics"), False),
    ],
)
def test_what_is_bound_is_allowed_and_nothing_else(user: str, asked: Attributes, allowed: bool) -> None:
    assert _rbac().decide(user, ("system:authenticated",), asked)[0] is allowed


def test_a_binding_to_a_role_that_is_gone_grants_nothing() -> None:
    asked = Attributes("get", "", "pods")
    why = 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found'
    assert _rbac().decide("u", ("lost",), asked) == (False, why)


def test_who_is_allowed_is_told_by_which_binding() -> None:
    asked = Attributes("get", "", "pods", namespace="a", name="p")
    why = 'RBAC: allowed by RoleBinding "reader/a" of Role "reader" to User "alice"'
    assert _rbac().decide("alice", (), asked) == (True, why)


def test_names_limit_a_rule_and_paths_may_end_in_a_star() -> None:
    named = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["one"]}
    assert rule_allows(named, Attributes("get", "", "secrets", namespace="a", name="one"))
    assert not rule_allows(named, Attributes("get", "", "secrets", namespace="a", name="two"))
    paths = {"nonResourceURLs": ["/healthz/*"], "verbs": ["get"]}
    assert rule_allows(paths, Attributes("get", path="/healthz/ping"))
    assert not rule_allows(paths, Attributes("get", path="/metrics"))
