"""What nodes and masters may, asked of the authorizers that the gate asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from drakkar.apiserver.access import system_roles
from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.authorization import Authorizer
from drakkar.apiserver.access.node_authorizer import NodeAuthorizer
from drakkar.apiserver.access.node_pods import NodePods
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.rbac import Rbac
from drakkar.apiserver.storage.store import Store

NODE = User("system:node:w1", ("system:nodes", "system:authenticated"))
POD: dict[str, Any] = {
    "metadata": {"name": "p", "namespace": "ns"},
    "spec": {
        "nodeName": "w1",
        "serviceAccountName": "driver",
        "resourceClaims": [
            {"name": "gpu", "resourceClaimName": "shared"},
            {"name": "own", "resourceClaimTemplateName": "t"},
        ],
        "volumes": [
            {
                "name": "t",
                "projected": {
                    "sources": [
                        {"configMap": {"name": "kube-root-ca.crt"}},
                        {"serviceAccountToken": {"path": "t"}},
                    ]
                },
            },
            {"name": "v", "persistentVolumeClaim": {"claimName": "disk"}},
        ],
        "containers": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}],
        "ephemeralContainers": [{"envFrom": [{"secretRef": {"name": "later"}}]}],
    },
    "status": {"resourceClaimStatuses": [{"name": "own", "resourceClaimName": "p-own-abcde"}]},
}
MIRROR: dict[str, Any] = {
    "metadata": {"name": "m", "namespace": "ns", "annotations": {"kubernetes.io/config.mirror": "x"}},
    "spec": {"nodeName": "w1", "volumes": [{"name": "s", "secret": {"secretName": "mirrored"}}]},
}
MINE = (("spec.nodeName", "w1"),)
DRA = "resource.k8s.io"


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    made = Store()
    for pod in (
        POD,
        MIRROR,
        {**POD, "metadata": {"name": "q", "namespace": "ns"}, "spec": {"nodeName": "w2"}},
    ):
        await made.create(("/pods", "ns", pod["metadata"]["name"]), pod)
    for node in ("w1", "w2"):
        found = {"metadata": {"name": f"s-{node}"}, "spec": {"nodeName": node}}
        await made.create((f"{DRA}/resourceslices", "", f"s-{node}"), found)
    volume = {"metadata": {"name": "pv"}, "spec": {"claimRef": {"namespace": "ns", "name": "disk"}}}
    await made.create(("/persistentvolumes", "", "pv"), volume)
    yield made
    made.close()


@pytest.fixture
def authorizer(store: Store) -> Authorizer:
    nodes = NodeAuthorizer(store, NodePods(store), system_roles.rules("system:node"))
    return Authorizer(Rbac(lambda r, n: [], lambda r, n, name: None), nodes)


def test_masters_may_everything(authorizer: Authorizer) -> None:
    masters = User("admin", ("system:masters",))
    assert authorizer.decide(masters, Attributes("delete", "", "nodes", name="w1")).allowed
    assert authorizer.decide(masters, Attributes("get", path="/metrics")).allowed


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (Attributes("get", DRA, "resourceclaims", namespace="ns", name="shared"), True),
        (Attributes("get", DRA, "resourceclaims", namespace="ns", name="p-own-abcde"), True),
        (Attributes("get", DRA, "resourceclaims", namespace="ns", name="foreign"), False),
        (Attributes("get", DRA, "resourceclaims", namespace="other", name="shared"), False),
        (Attributes("list", DRA, "resourceclaims", namespace="ns"), False),
        (Attributes("update", DRA, "resourceclaims", namespace="ns", name="shared"), False),
        (Attributes("create", "", "serviceaccounts", "token", "ns", "driver"), True),
        (Attributes("create", "", "serviceaccounts", "token", "ns", "default"), False),
        (Attributes("watch", "", "configmaps", namespace="ns", name="kube-root-ca.crt"), True),
        (Attributes("get", "", "secrets", namespace="ns", name="s"), True),
        (Attributes("get", "", "secrets", namespace="ns", name="later"), True),
        (Attributes("get", "", "secrets", namespace="ns", name="other"), False),
        (Attributes("get", "", "secrets", namespace="ns", name="mirrored"), False),
        (Attributes("get", "", "pods", namespace="ns", name="m"), True),
        (Attributes("get", "", "pods", namespace="ns", name="q"), False),
        (Attributes("list", "", "pods"), False),
        (Attributes("list", "", "pods", fields=MINE), True),
        (Attributes("list", "", "pods", fields=(("spec.nodeName", "w2"),)), False),
        (Attributes("patch", "", "pods", "status", "ns", "p"), True),
        (Attributes("patch", "", "pods", "", "ns", "p"), False),
        (Attributes("get", "", "nodes", name="w1"), True),
        (Attributes("get", "", "nodes", name="w2"), False),
        (Attributes("list", "", "nodes"), False),
        (Attributes("delete", "", "nodes", name="w1"), False),
        (Attributes("get", "", "persistentvolumeclaims", namespace="ns", name="disk"), True),
        (Attributes("get", "", "persistentvolumes", name="pv"), True),
        (Attributes("update", "coordination.k8s.io", "leases", "", "kube-node-lease", "w1"), True),
        (Attributes("update", "coordination.k8s.io", "leases", "", "kube-node-lease", "w2"), False),
        (Attributes("update", "coordination.k8s.io", "leases", "", "kube-system", "w1"), False),
        (Attributes("delete", DRA, "resourceslices", name="s-w1"), True),
        (Attributes("delete", DRA, "resourceslices", name="s-w2"), False),
        (Attributes("deletecollection", DRA, "resourceslices"), False),
        (Attributes("deletecollection", DRA, "resourceslices", fields=MINE), True),
        (Attributes("get", path="/metrics"), False),
    ],
)
def test_a_node_may_what_its_pods_need_and_no_more(
    authorizer: Authorizer, asked: Attributes, allowed: bool
) -> None:
    assert authorizer.decide(NODE, asked).allowed is allowed


async def test_rights_come_and_go_with_the_pod(store: Store, authorizer: Authorizer) -> None:
    asked = Attributes("get", "", "secrets", namespace="ns", name="s")
    assert authorizer.decide(NODE, asked).allowed
    pod = store.get(("/pods", "ns", "p"))
    assert pod is not None
    await store.delete(("/pods", "ns", "p"), pod["metadata"]["resourceVersion"])
    refused = authorizer.decide(NODE, asked)
    assert refused == (False, "node: no relationship found between node 'w1' and this object")
    await store.create(("/pods", "ns", "p"), POD)
    assert authorizer.decide(NODE, asked).allowed


def test_a_name_without_the_group_and_the_group_without_a_name_are_no_node(authorizer: Authorizer) -> None:
    asked = Attributes("get", "", "nodes", name="w1")
    assert not authorizer.decide(User("system:node:w1", ()), asked).allowed
    assert not authorizer.decide(User("w1", ("system:nodes",)), asked).allowed
    nameless = authorizer.decide(User("system:node:", ("system:nodes",)), asked)
    assert nameless == (False, 'node: unknown node for user "system:node:"')
