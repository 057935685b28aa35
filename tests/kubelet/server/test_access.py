"""Who may use the node's port: masters always, others as the API server says, and nobody when it says nothing."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from drakkar.client import ForbiddenError
from drakkar.kubelet.server.access import Access


class Reviewer:
    """Answers access reviews."""

    def __init__(self, allowed: set[tuple[str, str]]) -> None:
        self._allowed = allowed
        self.asked: list[dict[str, Any]] = []
        self.failure: Exception | None = None

    async def request(self, method: str, path: str, json: Any) -> dict[str, Any]:
        assert (method, path) == ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews")
        if self.failure is not None:
            raise self.failure
        spec = json["spec"]
        self.asked.append(spec)
        return {"status": {"allowed": (spec["user"], spec["resourceAttributes"]["verb"]) in self._allowed}}


class Transport:
    def __init__(self, user: str, groups: tuple[str, ...]) -> None:
        self._names = [(("organizationName", group),) for group in groups] + [(("commonName", user),)]

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"subject": tuple(self._names)} if name == "peercert" else default


def request(user: str, *groups: str, method: str = "GET") -> web.Request:
    return make_mocked_request(method, "/exec/ns/p/c", transport=Transport(user, groups))


def access(reviewer: Reviewer | None) -> Access:
    return Access(reviewer, "node")  # type: ignore[arg-type]


async def test_masters_need_no_rule() -> None:
    reviewer = Reviewer(set())
    await access(reviewer).check(request("kube-apiserver", "a", "system:masters"))
    await access(None).check(request("kube-apiserver", "system:masters"))
    assert reviewer.asked == []


async def test_the_api_server_decides_and_is_asked_once() -> None:
    reviewer = Reviewer({("apiserver-kubelet-client", "get")})
    checked = access(reviewer)
    for _ in range(2):
        await checked.check(request("apiserver-kubelet-client", "kubeadm:cluster-admins"))
    (asked,) = reviewer.asked
    assert asked["groups"] == ["kubeadm:cluster-admins"]
    assert asked["resourceAttributes"]["subresource"] == "proxy"
    assert asked["resourceAttributes"]["name"] == "node"
    with pytest.raises(web.HTTPForbidden):
        await checked.check(request("apiserver-kubelet-client", "kubeadm:cluster-admins", method="POST"))


async def test_nobody_may_when_nobody_can_be_asked() -> None:
    reviewer = Reviewer({("u", "get")})
    reviewer.failure = ForbiddenError(403, "Forbidden", "no")
    checked = access(reviewer)
    with pytest.raises(web.HTTPForbidden):
        await checked.check(request("u"))
    with pytest.raises(web.HTTPForbidden):
        await access(None).check(request("u"))
    # A failure is not an answer to remember.
    reviewer.failure = None
    await checked.check(request("u"))
    with pytest.raises(web.HTTPForbidden):
        await checked.check(make_mocked_request("GET", "/exec/ns/p/c"))
