"""Which method is taken at which path, and the old paths that begin with `watch`: as the original answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Answer, ask_both, both, make_on_both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_MAPS = "namespaces/default/configmaps"
_FIXED = (
    *(
        "/",
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/apis",
        "/apis/",
        "/apis/apps",
        "/apis/apps/",
        "/apis/none",
    ),
    *("/apis/apps/v1", "/apis/apps/v9", "/apis/none/v1", "/apis/apiregistration.k8s.io"),
    *("/apis/apiregistration.k8s.io/v1", "/apis/apiextensions.k8s.io", "/apis/apiextensions.k8s.io/v1"),
    *("/apis/ex.io", "/apis/ex.io/v1", "/apis/ex.io/v1/", "/version", "/version/", "/healthz", "/healthz/"),
    *("/healthz/ping", "/healthz/nope", "/livez", "/readyz", "/metrics", "/metrics/", "/openapi/v2"),
    *(
        "/openapi/v3",
        "/openapi/v3/api/v1",
        "/.well-known/openid-configuration",
        "/openid/v1/jwks",
        "/nothing",
    ),
)
_OBJECTS = (
    *(f"/api/v1/{_MAPS}", f"/api/v1/{_MAPS}/one", "/api/v1/nodes/none/status", "/api/v1/nothing"),
    *("/api/v1/namespaces/default/pods/x/log", "/apis/apps/v1/namespaces/default/deployments/x/scale"),
    *("/apis/ex.io/v1/foos", "/apis/ex.io/v1/foos/f", "/apis/ex.io/v1/namespaces/default/foos"),
    *(f"/apis/ex.io/v1/namespaces/default/foos/{name}" for name in ("f", "none", "f/status", "f/x")),
    "/apis/ex.io/v1/nothing",
)
_CUSTOM = {
    "metadata": {"name": "foos.ex.io"},
    "spec": {
        "group": "ex.io",
        "scope": "Namespaced",
        "names": {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    },
}


def _methods() -> Iterator[tuple[str, str]]:
    for path in _FIXED:
        yield from ((method, path) for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS"))
    for path in _OBJECTS:
        yield from ((method, path) for method in ("HEAD", "OPTIONS"))
    yield from (("PUT", f"/apis/ex.io/v1/{path}") for path in ("foos", "namespaces/default/foos"))
    yield "DELETE", "/apis/ex.io/v1/foos"
    yield "DELETE", "/apis/ex.io/v1/namespaces/default/foos/f/status"
    yield "POST", "/apis/ex.io/v1/namespaces/default/foos/f/status"


def _watched() -> Iterator[tuple[str, str]]:
    one = f"/api/v1/watch/{_MAPS}/one"
    for path in (
        *("/api/v1/watch", "/api/v1/watch/", "/api/v1/proxy", "/apis/ex.io/v1/watch", "/apis/apps/v9/watch"),
        *(
            f"/api/v1/watch/{below}"
            for below in ("configmaps/one", "nothing", "/configmaps", "watch/configmaps")
        ),
        *(
            f"/api/v1/watch/namespaces/{below}"
            for below in ("default", "none", "default/status", "default/nodes")
        ),
        *(
            f"/api/v1/watch/namespaces/default/{below}"
            for below in ("bindings", "pods/x/status", "pods/x/log")
        ),
        *(f"/api/v1/watch/{below}" for below in ("componentstatuses", "nodes/none", "nodes/proxy/x")),
        *(f"/apis/apps/v1/watch/{below}" for below in ("deployments", "namespaces/default", "namespaces")),
        "/apis/authorization.k8s.io/v1/watch/subjectaccessreviews",
        "/apis/apiextensions.k8s.io/v1/watch/customresourcedefinitions/none",
        *(f"/apis/ex.io/v1/watch/{below}" for below in ("foos", "foos/f", "foos/f/status", "nothing")),
        *(
            f"/apis/ex.io/v1/watch/namespaces/default/foos{below}"
            for below in ("", "/f", "/f/", "/f/status", "/f/x")
        ),
        *(f"/api/v1/watch/{_MAPS}{below}" for below in ("", "/", "/one", "/one/", "/none", "/one/status")),
    ):
        yield "GET", f"{path}?timeoutSeconds=1"
    for more in (
        *(
            "watch=0",
            "watch=1",
            "labelSelector=a",
            "labelSelector=b",
            "timeoutSeconds=x",
            "resourceVersion=x",
        ),
        *(f"fieldSelector={said}" for said in ("", "metadata.name%3Done", "metadata.name%3Dtwo", "x.y%3Da")),
        *(f"fieldSelector=metadata.{said}" for said in ("name!%3Dtwo", "namespace%3Ddefault")),
        "fieldSelector=metadata.name%3Done,metadata.namespace%3Dother",
    ):
        yield "GET", f"{one}?{more}&timeoutSeconds=1"
    yield "GET", "/api/v1/watch?a=b&c=<d>&e=%3Cf%3E"
    yield "GET", "/api/v1/watch/configmaps?labelSelector=a&timeoutSeconds=1"
    for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        yield from ((method, path) for path in ("/api/v1/watch", f"/api/v1/watch/{_MAPS}", one))
        yield method, "/apis/ex.io/v1/watch/namespaces/default/foos?timeoutSeconds=1"


def _told(method: str, path: str, answer: Answer) -> Any:
    """Of what is served only that it is; of a watch which objects it tells of."""
    body = answer.body
    if answer.code < 400:
        body = {"told": [(one["type"], one["object"]["metadata"]["name"]) for one in _events(body)]}
    headers = dict(answer.headers)
    media = headers.get("content-type", "").partition(";")[0]
    if path.startswith("/openapi/v3"):
        # The original calls its index a text.
        media = ""
    return answer.code, media, {k: body.get(k) for k in ("told", "message", "reason", "details")}


def _events(body: Object) -> list[Object]:
    if "events" in body:
        found: list[Object] = body["events"]
        return found
    return [body] if body.get("type") in ("ADDED", "MODIFIED", "DELETED") else []


async def _differences(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    found = []
    async with both(directory, apiserver, etcd) as servers:
        await make_on_both(servers, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", _CUSTOM)
        await make_on_both(servers, f"/api/v1/{_MAPS}", {"metadata": {"name": "one", "labels": {"a": "b"}}})
        foo = {"apiVersion": "ex.io/v1", "kind": "Foo", "metadata": {"name": "f"}}
        for _ in range(300):
            answers = await ask_both(servers, "GET", "/openapi/v3/apis/ex.io/v1")
            if {one.code for one in answers} == {200}:
                break
            await asyncio.sleep(0.1)
        await make_on_both(servers, "/apis/ex.io/v1/namespaces/default/foos", foo)
        for method, path in (*_methods(), *_watched()):
            body: Object | None = {} if method in ("POST", "PUT") else None
            answers = await ask_both(servers, method, path, body)
            theirs, mine = [_told(method, path, one) for one in answers]
            if theirs != mine:
                found.append(f"{method} {path}\n    theirs {theirs}\n    ours   {mine}")
    return found


def test_paths_and_methods(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_differences(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
