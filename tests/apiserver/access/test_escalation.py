"""Nobody gives away rights that he does not hold: by a role, by a binding, by a PUT or an apply that creates."""

from __future__ import annotations

from typing import Any

import pytest

from ..callers import MASTER, RBAC, Server, user

STARS = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
PODS = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
DAVE, CAROL = user("dave"), user("carol")
ROLES, BINDINGS = f"{RBAC}/namespaces/a/roles", f"{RBAC}/namespaces/a/rolebindings"


def _rule(group: str, resource: str, *verbs: str, **more: Any) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs), **more}


@pytest.fixture
def dave(server: Server) -> Server:
    """Dave may write roles and bindings and read pods; Carol may escalate and bind as well."""
    group = "rbac.authorization.k8s.io"
    writes = [
        _rule(group, plural, "create", "update", "patch", "get")
        for plural in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
    ]
    server.grant("dave", [*writes, *PODS])
    carol = [_rule(group, plural, "escalate", "bind") for plural in ("roles", "clusterroles")]
    server.grant("carol", [*writes, *carol])
    server.make(f"{RBAC}/clusterroles", {"metadata": {"name": "reader"}, "rules": PODS})
    server.make(f"{RBAC}/clusterroles", {"metadata": {"name": "all"}, "rules": STARS})
    return server


def _role(rules: Any, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": "made"}, "rules": rules, **more}


def _binding(role: str) -> dict[str, Any]:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    return {"metadata": {"name": "made"}, "roleRef": reference, "subjects": []}


def test_a_role_needs_its_rules_or_escalate(dave: Server) -> None:
    refused = dave.asks(DAVE, "POST", ROLES, _role(STARS))
    assert refused.status_code == 403
    assert refused.json()["message"] == (
        'roles.rbac.authorization.k8s.io "made" is forbidden: user "dave" (groups=["system:authenticated"]) is '
        'attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}'
    )
    assert dave.asks(CAROL, "POST", ROLES, _role(STARS)).status_code == 201
    assert dave.asks(DAVE, "PATCH", f"{ROLES}/made", {"rules": PODS}).status_code == 200
    assert dave.asks(DAVE, "PATCH", f"{ROLES}/made", {"rules": STARS}).status_code == 403
    assert dave.asks(DAVE, "PUT", f"{ROLES}/made", _role(STARS)).status_code == 403
    assert dave.asks(DAVE, "PATCH", f"{ROLES}/made", {"metadata": {"labels": {"x": "y"}}}).status_code == 200
    assert (
        dave.asks(DAVE, "PUT", f"{ROLES}/new", {**_role(STARS), "metadata": {"name": "new"}}).status_code
        == 403
    )
    assert (
        dave.asks(DAVE, "PUT", f"{ROLES}/new", {**_role(PODS), "metadata": {"name": "new"}}).status_code
        == 201
    )


def test_a_role_of_millions_of_rights_is_refused_at_once(dave: Server) -> None:
    many = [str(number) for number in range(2000)]
    refused = dave.asks(DAVE, "POST", ROLES, _role([{"apiGroups": many, "resources": many, "verbs": many}]))
    assert refused.status_code == 403 and "split it into several roles" in refused.json()["message"]


def test_what_lets_the_garbage_collector_work_needs_no_rights(dave: Server) -> None:
    path = f"{RBAC}/clusterroles/all"
    assert dave.asks(DAVE, "PATCH", path, {"metadata": {"finalizers": ["e.com/x"]}}).status_code == 200
    assert dave.asks(DAVE, "PATCH", path, {"metadata": {"labels": {"x": "y"}}}).status_code == 403


def test_a_role_that_gathers_others_is_for_those_who_may_all(dave: Server) -> None:
    gathers = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"x": "y"}}]}}
    path = f"{RBAC}/clusterroles"
    refused = dave.asks(DAVE, "POST", path, _role([], **gathers))
    assert refused.status_code == 403
    assert refused.json()["message"].endswith("must have cluster-admin privileges to use the aggregationRule")
    assert dave.asks(CAROL, "POST", path, _role([], **gathers)).status_code == 201
    assert dave.asks(DAVE, "PATCH", f"{path}/made", {"aggregationRule": None}).status_code == 403


def test_a_binding_needs_the_roles_rules_or_bind(dave: Server) -> None:
    assert dave.asks(DAVE, "POST", BINDINGS, _binding("all")).status_code == 403
    assert (
        dave.asks(DAVE, "POST", f"{RBAC}/clusterrolebindings", _binding("cluster-admin")).status_code == 403
    )
    assert dave.asks(DAVE, "POST", BINDINGS, _binding("none")).status_code == 404
    assert dave.asks(DAVE, "POST", BINDINGS, _binding("reader")).status_code == 201
    assert dave.asks(CAROL, "POST", f"{RBAC}/clusterrolebindings", _binding("all")).status_code == 201
    subjects = {"subjects": [{"kind": "User", "name": "dave", "apiGroup": "rbac.authorization.k8s.io"}]}
    path = f"{RBAC}/clusterrolebindings"
    assert dave.asks(DAVE, "PATCH", f"{path}/made", subjects).status_code == 403
    assert dave.asks(DAVE, "PATCH", f"{path}/cluster-admin", subjects).status_code == 403


@pytest.mark.parametrize("verbs", [("patch",), ("patch", "create")])
def test_an_apply_that_creates_is_a_create(server: Server, verbs: tuple[str, ...]) -> None:
    server.grant("paula", [_rule("", "configmaps", *verbs)])
    path = "/api/v1/namespaces/a/configmaps/made?fieldManager=m"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}, "data": {"a": "b"}}
    apply = {"content-type": "application/apply-patch+yaml"}
    done = server.asks(user("paula"), "PATCH", path, body, **apply)
    if "create" in verbs:
        assert done.status_code == 201
        return
    assert done.status_code == 403 and "cannot create resource" in done.json()["message"]
    assert server.asks(MASTER, "PATCH", path, body, **apply).status_code == 201
    assert server.asks(user("paula"), "PATCH", path, {**body, "data": {"a": "c"}}, **apply).status_code == 200


def test_rights_are_seen_as_soon_as_they_are_written(server: Server) -> None:
    path = "/api/v1/namespaces/a/configmaps"
    assert server.asks(user("late"), "GET", path).status_code == 403
    server.grant("late", [_rule("", "configmaps", "list")], "a")
    assert server.asks(user("late"), "GET", path).status_code == 200
    assert server.asks(MASTER, "DELETE", f"{BINDINGS}/late").status_code == 200
    assert server.asks(user("late"), "GET", path).status_code == 403
