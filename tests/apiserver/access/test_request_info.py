"""What a URL asks for, and what counts as yes in a parameter."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.request_info import attributes, is_true

NAMED = (("metadata.name", "p"),)


@pytest.mark.parametrize(
    ("method", "url", "asked"),
    [
        ("GET", "/version", Attributes("get", path="/version")),
        ("DELETE", "/apis/apps", Attributes("delete", path="/apis/apps")),
        ("GET", "/apis/apps/v1", Attributes("get", path="/apis/apps/v1")),
        ("GET", "/api/v1/", Attributes("get", path="/api/v1/")),
        ("GET", "/api/v1/pods", Attributes("list", "", "pods")),
        ("GET", "/api/v1/pods?watch=T", Attributes("watch", "", "pods")),
        ("GET", "/api/v1/namespaces", Attributes("list", "", "namespaces")),
        ("GET", "/api/v1/namespaces/a", Attributes("get", "", "namespaces", "", "a", "a")),
        (
            "PUT",
            "/api/v1/namespaces/a/finalize",
            Attributes("update", "", "namespaces", "finalize", "a", "a"),
        ),
        ("GET", "/api/v1/namespaces/a/pods/p", Attributes("get", "", "pods", "", "a", "p")),
        ("GET", "/api/v1/namespaces/a/pods/p?watch=1", Attributes("get", "", "pods", "", "a", "p")),
        ("GET", "/api/v1/namespaces/a/pods/p/exec/more", Attributes("get", "", "pods", "exec", "a", "p")),
        ("DELETE", "/api/v1/namespaces/a/pods", Attributes("deletecollection", "", "pods", "", "a")),
        ("PATCH", "/apis/x.io/v9/things/t", Attributes("patch", "x.io", "things", name="t")),
        ("GET", "/api/v1/watch/pods", Attributes("watch", "", "pods")),
        (
            "GET",
            "/api/v1/namespaces/a/pods?fieldSelector=metadata.name=p",
            Attributes("list", "", "pods", "", "a", "p", fields=NAMED),
        ),
        (
            "GET",
            "/api/v1/pods?fieldSelector=metadata.name=a/b",
            Attributes("list", "", "pods", fields=(("metadata.name", "a/b"),)),
        ),
        ("GET", "/api/v1/pods?fieldSelector=spec.nodeName!=n", Attributes("list", "", "pods")),
        ("GET", "/api/v1/pods?fieldSelector=broken", Attributes("list", "", "pods")),
        ("GET", "/api/v1/namespaces/a/pods/p\n", Attributes("get", "", "pods", "", "a", "p\n")),
    ],
)
def test_what_is_asked(method: str, url: str, asked: Attributes) -> None:
    path, _, query = url.partition("?")
    assert attributes(method, path, QueryParams(query)) == asked


@pytest.mark.parametrize(
    ("query", "yes"),
    [
        *((f"x={word}", True) for word in ("1", "true", "T", "t", "TRUE", "yes", "2", "F", "")),
        *((f"x={word}", False) for word in ("0", "false", "False", "FALSE")),
        ("", False),
        ("x=0&x=1", False),
        ("x=1&x=0", True),
    ],
)
def test_what_counts_as_yes(query: str, yes: bool) -> None:
    assert is_true(QueryParams(query), "x") is yes
