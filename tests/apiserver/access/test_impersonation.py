"""Acting as somebody else: each thing one wants to be is asked for, in the old way and in the constrained ones."""

from __future__ import annotations

from typing import Any

import pytest

from ..callers import MASTER, Server, user

SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
AUTHENTICATION = "authentication.k8s.io"


def _rule(group: str, resource: str, verb: str, *names: str) -> dict[str, Any]:
    named = {"resourceNames": list(names)} if names else {}
    return {"apiGroups": [group], "resources": [resource], "verbs": verb.split(","), **named}


def _me(server: Server, who: str, **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.asks(MASTER if who == "root" else user(who), "POST", SELF, {}, **sent)


def test_a_master_is_whom_he_wants_with_all_that_goes_with_it(server: Server) -> None:
    done = _me(
        server,
        "root",
        impersonate_user="bob",
        impersonate_group="devs",
        impersonate_uid="u1",
        **{"impersonate_extra_acme.io%2fteam": "x"},
    )
    assert done.json()["status"]["userInfo"] == {
        "username": "bob",
        "uid": "u1",
        "groups": ["devs", "system:authenticated"],
        "extra": {"acme.io/team": ["x"]},
    }
    account = _me(server, "root", impersonate_user="system:serviceaccount:a:app").json()["status"]["userInfo"]
    assert account["groups"] == ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"]


@pytest.mark.parametrize("header", ["impersonate_group", "impersonate_uid", "impersonate_extra_x"])
def test_who_it_is_must_be_said(server: Server, header: str) -> None:
    assert _me(server, "root", **{header: "x"}).status_code == 400


@pytest.fixture
def zoe(server: Server) -> Server:
    rules = [
        _rule("", "users", "impersonate", "bob"),
        _rule("", "groups", "impersonate", "devs"),
        _rule(AUTHENTICATION, "uids", "impersonate", "u1"),
        _rule(AUTHENTICATION, "userextras/scopes", "impersonate", "view"),
    ]
    server.grant("zoe", rules)
    return server


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 201),
        ({"impersonate_group": "devs"}, 201),
        ({"impersonate_group": "system:masters"}, 403),
        ({"impersonate_uid": "u1"}, 201),
        ({"impersonate_uid": "u2"}, 403),
        ({"impersonate_extra_scopes": "view"}, 201),
        ({"impersonate_extra_scopes": "edit"}, 403),
        ({"impersonate_extra_other": "view"}, 403),
        ({"impersonate_user": "alice"}, 403),
        ({"impersonate_user": "system:serviceaccount:a:app"}, 403),
    ],
)
def test_each_part_needs_its_right(zoe: Server, headers: dict[str, str], code: int) -> None:
    assert _me(zoe, "zoe", **{"impersonate_user": "bob", **headers}).status_code == code


def test_a_constrained_right_is_for_some_requests_only(server: Server) -> None:
    rules = [
        _rule(AUTHENTICATION, "users", "impersonate:user-info", "bob"),
        _rule("", "pods", "impersonate-on:user-info:list"),
    ]
    server.grant("ines", rules)
    server.grant("bob", [_rule("", "pods", "list,get")])
    bob = {"impersonate-user": "bob"}
    assert server.asks(user("ines"), "GET", "/api/v1/pods", None, **bob).status_code == 200
    other = server.asks(user("ines"), "GET", "/api/v1/namespaces/a/pods/p", None, **bob)
    said = (
        'User "ines" cannot impersonate-on:user-info:get resource "pods" in API group "" in the namespace "a"'
    )
    assert other.status_code == 403 and said in other.json()["message"]
    masters = {**bob, "impersonate-group": "system:masters"}
    assert server.asks(user("ines"), "GET", "/api/v1/pods", None, **masters).status_code == 403
