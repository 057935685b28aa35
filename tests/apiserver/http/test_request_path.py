"""What is served at a path is what was asked for at it: there is no path that two readers take for two things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from drakkar.apiserver import errors
from drakkar.apiserver.access.request_info import attributes
from drakkar.apiserver.http.request_path import NoSuchPathError, Target, resolve
from drakkar.apiserver.kinds.built_in import registry

from ..callers import ALICE, MASTER, Server

_KINDS = registry()
_RBAC = "rbac.authorization.k8s.io"
_PARTS = [
    "",
    "",
    ".",
    "..",
    "a",
    "namespaces",
    "pods",
    "nodes",
    "clusterrolebindings",
    "serviceaccounts",
    "watch",
]
_PARTS += ["proxy", "status", "scale", "token", "log", "exec", "binding", "eviction", "finalize", "%2F"]


def _target(method: str, group: str, rest: str) -> Target | None:
    try:
        return resolve(_KINDS, group, "v1", rest, method, False)
    except (NoSuchPathError, errors.StatusError):
        return None


@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    st.sampled_from(["", _RBAC, "apps"]),
    st.lists(st.sampled_from(_PARTS), min_size=1, max_size=6),
)
def test_a_path_is_served_as_what_it_is_judged_as(method: str, group: str, parts: list[str]) -> None:
    rest = "/".join(parts)
    if not rest.strip("/"):
        return
    found = _target(method, group, rest)
    path = f"/apis/{group}/v1/{rest}" if group else f"/api/v1/{rest}"
    if found is not None:
        assert found.is_that_of(attributes(method, path, QueryParams()))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/namespaces/a/pods/p//log"),
        ("GET", "/api/v1/namespaces/a/pods/p/%2Flog"),
        ("POST", "/api/v1/namespaces/a/pods/p//binding"),
        ("POST", "/api/v1/namespaces/a/serviceaccounts/s//token"),
        ("PUT", "/api/v1/namespaces/a/pods/p//status"),
        ("PUT", f"/apis/{_RBAC}/v1//clusterrolebindings/scale"),
        ("GET", "/api/v1/namespaces/a//pods"),
        ("GET", "/api/v1//pods"),
    ],
)
def test_nothing_is_at_a_path_with_an_empty_part(server: Server, method: str, path: str) -> None:
    server.peer = MASTER
    assert server.client.request(method, path, json={}).status_code == 404
    server.peer = ALICE
    assert server.client.request(method, path, json={}).status_code in (403, 404)
