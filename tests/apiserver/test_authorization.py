from __future__ import annotations

from typing import Any

import pytest

from drakkar.apiserver.authentication import User
from drakkar.apiserver.authorization import Authorizer
from drakkar.apiserver.rbac import Attributes, Rbac

NODE = User("system:node:w1", ("system:nodes", "system:authenticated"))
POD: dict[str, Any] = {
    "metadata": {"name": "p", "namespace": "ns"},
    "spec": {
        "nodeName": "w1",
        "serviceAccountName": "driver",
        "resourceClaims": [{"name": "gpu", "resourceClaimName": "shared"}],
        "volumes": [
            {
                "name": "t",
                "projected": {
                    "sources": [
                        {"configMap": {"name": "kube-root-ca.crt"}},
                        {"serviceAccountToken": {"path": "t"}},
                    ]
                },
            }
        ],
        "containers": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}],
    },
    "status": {"resourceClaimStatuses": [{"name": "own", "resourceClaimName": "p-own-abcde"}]},
}


@pytest.fixture
def authorizer() -> Authorizer:
    def bound(node: str, namespace: str) -> list[dict[str, Any]]:
        return [POD] if (node, namespace) == ("w1", "ns") else []

    return Authorizer(Rbac(lambda r, n: [], lambda r, n, name: None), bound)


def test_masters_may_everything(authorizer: Authorizer) -> None:
    masters = User("admin", ("system:masters",))
    assert authorizer.allows(masters, Attributes("delete", "", "nodes", name="w1"))
    assert authorizer.allows(masters, Attributes("get", path="/metrics"))


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (Attributes("get", "resource.k8s.io", "resourceclaims", namespace="ns", name="shared"), True),
        (Attributes("get", "resource.k8s.io", "resourceclaims", namespace="ns", name="p-own-abcde"), True),
        (Attributes("get", "resource.k8s.io", "resourceclaims", namespace="ns", name="foreign"), False),
        (Attributes("get", "resource.k8s.io", "resourceclaims", namespace="other", name="shared"), False),
        (Attributes("list", "resource.k8s.io", "resourceclaims", namespace="ns"), False),
        (Attributes("update", "resource.k8s.io", "resourceclaims", namespace="ns", name="shared"), False),
        (Attributes("create", "", "serviceaccounts", "token", "ns", "driver"), True),
        (Attributes("create", "", "serviceaccounts", "token", "ns", "default"), False),
        (Attributes("watch", "", "configmaps", namespace="ns", name="kube-root-ca.crt"), True),
        (Attributes("get", "", "secrets", namespace="ns", name="s"), True),
        (Attributes("get", "", "secrets", namespace="ns", name="other"), False),
        (Attributes("patch", "", "pods", "status", "ns", "p"), True),
        (Attributes("patch", "", "pods", "status", "ns", "q"), False),
        (Attributes("patch", "", "nodes", "status", name="w1"), True),
        (Attributes("patch", "", "nodes", "status", name="w2"), False),
        (Attributes("update", "coordination.k8s.io", "leases", namespace="kube-node-lease", name="w1"), True),
        (Attributes("deletecollection", "resource.k8s.io", "resourceslices"), True),
        (Attributes("get", path="/metrics"), False),
    ],
)
def test_a_node_may_what_its_pods_need_and_no_more(
    authorizer: Authorizer, asked: Attributes, allowed: bool
) -> None:
    assert authorizer.allows(NODE, asked) is allowed
