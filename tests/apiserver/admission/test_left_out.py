"""A server that leaves admission plugins out does not do what they do, and all else."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.admission.admission import built_in
from drakkar.apiserver.admission.configuration import configured
from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store
from drakkar.testing.open_gate import OpenGate

_NAMESPACES, _PODS = "/api/v1/namespaces", "/api/v1/namespaces/a/pods"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_CONTAINER = {"name": "c", "image": "i"}


class World:
    """A server without some plugins, with a namespace `a` that has no service account."""

    def __init__(self, store: Store, *off: str) -> None:
        rest = Rest(store, registry(), admission=built_in(configured(None, (), off)))
        self.client = TestClient(build_app(rest, OpenGate()))
        labels = {"pod-security.kubernetes.io/enforce": "baseline"}
        self.made(_NAMESPACES, {"metadata": {"name": "a", "labels": labels}})

    def code(self, path: str, obj: Any) -> int:
        return int(self.client.post(path, json=obj).status_code)

    def made(self, path: str, obj: Any) -> Any:
        answer = self.client.post(path, json=obj)
        assert answer.status_code == 201, answer.text
        return answer.json()


def pod(name: str, **spec: Any) -> Any:
    return {"metadata": {"name": name}, "spec": {"containers": [_CONTAINER], **spec}}


def test_what_a_pod_is_given(store: Store) -> None:
    world = World(
        store, "ServiceAccount", "Priority", "DefaultTolerationSeconds", "RuntimeClass", "PodSecurity"
    )
    spec = world.made(_PODS, pod("p", hostNetwork=True, runtimeClassName="none"))["spec"]
    assert not {"serviceAccountName", "priority", "tolerations", "volumes"} & spec.keys()


def test_each_alone_leaves_the_others(store: Store) -> None:
    world = World(store, "ServiceAccount")
    assert world.code(_PODS, pod("p", hostNetwork=True)) == 403
    assert world.code(_PODS, pod("p", runtimeClassName="none")) == 403
    assert world.made(_PODS, pod("p"))["spec"]["priority"] == 0
    assert world.made("/api/v1/nodes", {"metadata": {"name": "n"}})["spec"]["taints"]


@pytest.mark.parametrize("off", [(), ("LimitRanger",)])
def test_limit_ranges(store: Store, off: tuple[str, ...]) -> None:
    world = World(store, *off, "ServiceAccount")
    limits = {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}
    world.made("/api/v1/namespaces/a/limitranges", {"metadata": {"name": "l"}, "spec": limits})
    given = world.made(_PODS, pod("p"))["spec"]["containers"][0]["resources"]
    assert ("limits" in given) is not bool(off)


@pytest.mark.parametrize("off", [(), ("ResourceQuota",)])
def test_quotas(store: Store, off: tuple[str, ...]) -> None:
    world = World(store, *off)
    quotas = "/api/v1/namespaces/a/resourcequotas"
    made = world.made(quotas, {"metadata": {"name": "q"}, "spec": {"hard": {"secrets": "1"}}})
    status = {"hard": {"secrets": "1"}, "used": {"secrets": "1"}}
    assert world.client.put(f"{quotas}/q/status", json={**made, "status": status}).status_code == 200
    assert world.code("/api/v1/namespaces/a/secrets", {"metadata": {"name": "s"}}) == (201 if off else 403)


def test_taints(store: Store) -> None:
    world = World(store, "TaintNodesByCondition")
    assert "taints" not in world.made("/api/v1/nodes", {"metadata": {"name": "n"}})["spec"]


@pytest.mark.parametrize("off", [(), ("ValidatingAdmissionPolicy",)])
def test_validating_policies(store: Store, off: tuple[str, ...]) -> None:
    world = World(store, *off)
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["secrets"]}
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "false"}]}
    world.made(f"{_ADMISSION}/validatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": spec})
    bound = {"policyName": "p", "validationActions": ["Deny"]}
    world.made(f"{_ADMISSION}/validatingadmissionpolicybindings", {"metadata": {"name": "p"}, "spec": bound})
    assert world.code("/api/v1/namespaces/a/secrets", {"metadata": {"name": "s"}}) == (201 if off else 422)


@pytest.mark.parametrize("kind", ["Mutating", "Validating"])
def test_webhooks(store: Store, kind: str) -> None:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["secrets"]}
    hook = {
        "name": "a.b.c",
        "rules": [rule],
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
    }
    obj = {"metadata": {"name": "h"}, "webhooks": [hook]}
    world = World(store)
    world.made(f"{_ADMISSION}/{kind.lower()}webhookconfigurations", obj)
    secrets = "/api/v1/namespaces/a/secrets"
    assert world.code(secrets, {"metadata": {"name": "s"}}) == 500
    other = TestClient(
        build_app(
            Rest(store, registry(), admission=built_in(configured(None, (), (f"{kind}AdmissionWebhook",)))),
            OpenGate(),
        )
    )
    assert other.post(secrets, json={"metadata": {"name": "s"}}).status_code == 201
