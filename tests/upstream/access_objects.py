"""The users of the access matrix, and the objects that stand in both servers before its rows are sent."""

from __future__ import annotations

import time
from typing import Any

from drakkar.cluster.certificates import Identity
from drakkar.controllers.clusterrole_aggregation import gathered

from .access_worlds import ISSUER, World

Object = dict[str, Any]

RBAC = "/apis/rbac.authorization.k8s.io/v1"
DRA = "/apis/resource.k8s.io/v1"
USERS = {
    "admin": Identity("kubernetes-admin", ("system:masters",)),
    **{
        name: Identity(name)
        for name in (
            *("alice", "carol", "dave", "eve", "ines", "mallory", "otto", "paula", "petra", "ruth"),
            *("vera", "victor", "yara", "zoe"),
        )
    },
    "bob": Identity("bob", ("devs",)),
    "monitor": Identity("monitor", ("system:monitoring",)),
    **{name: Identity(f"system:node:{name}", ("system:nodes",)) for name in ("n1", "n2", "n3")},
    "nameless": Identity("system:node:", ("system:nodes",)),
    "groupless": Identity("system:node:n1"),
    "stranger": Identity("stranger", ("system:nodes",)),
    "scheduler": Identity("system:kube-scheduler"),
    "kcm": Identity("system:kube-controller-manager"),
    "proxy": Identity("system:kube-proxy"),
}
_READ = ["get", "list", "watch"]
_EVERY = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


def _rule(groups: str, resources: str, verbs: str, names: str = "") -> Object:
    found: Object = {
        "apiGroups": ["" if group == "core" else group for group in groups.split(",")],
        "resources": resources.split(","),
        "verbs": verbs.split(","),
    }
    return found | ({"resourceNames": names.split(",")} if names else {})


_GROUP = "rbac.authorization.k8s.io"
# Cluster roles of the users' own: each is bound to the user of its name in all of the cluster.
_CLUSTER: dict[str, list[Object]] = {
    "carol": [
        _rule(_GROUP, "roles,clusterroles", "create,update,patch,get,escalate"),
        _rule(_GROUP, "rolebindings,clusterrolebindings", "create,update,patch,get,bind"),
        _rule(_GROUP, "roles,clusterroles", "bind"),
    ],
    "dave": [_rule(_GROUP, "roles,clusterroles", "create,update,patch,get"), _rule("core", "pods", "get")],
    "ruth": [
        _rule(_GROUP, "rolebindings,clusterrolebindings", "create,update,patch,get"),
        _rule(_GROUP, "clusterroles", "bind", "view"),
    ],
    "otto": [
        _rule("*", "*", "*"),
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ],
    "zoe": [
        _rule("core", "users", "impersonate", "bob,system:anonymous"),
        _rule("core", "groups", "impersonate", "devs,system:masters"),
        _rule("core", "serviceaccounts", "impersonate", "app"),
        _rule("authentication.k8s.io", "uids", "impersonate", "u1"),
        _rule("authentication.k8s.io", "userextras/scopes", "impersonate", "view"),
    ],
    "ines": [
        _rule("authentication.k8s.io", "users", "impersonate:user-info", "bob"),
        _rule("authentication.k8s.io", "groups", "impersonate:user-info", "devs"),
        _rule("core", "pods", "impersonate-on:user-info:list"),
        _rule("authentication.k8s.io", "serviceaccounts", "impersonate:serviceaccount"),
        _rule("core", "pods", "impersonate-on:serviceaccount:list"),
        _rule("authentication.k8s.io", "nodes", "impersonate:arbitrary-node", "n1"),
        _rule("core", "nodes,pods", "impersonate-on:arbitrary-node:get,impersonate-on:arbitrary-node:list"),
    ],
    "paula": [
        _rule("core", "configmaps", "patch"),
        _rule(_GROUP, "roles,clusterroles", "patch"),
        _rule("core", "pods", "get"),
    ],
    "petra": [_rule("coordination.k8s.io", "leases", "update"), _rule(_GROUP, "roles", "update")],
    "vera": [_rule("resource.k8s.io", "resourceclaims,resourceclaims/status", "get,update,patch")],
    "yara": [
        _rule("resource.k8s.io", "resourceclaims,resourceclaims/status", "get,update,patch"),
        _rule("resource.k8s.io", "resourceclaims/binding", "patch"),
        _rule("resource.k8s.io", "resourceclaims/driver", "arbitrary-node:patch", "gpu.example.com"),
    ],
    "devs": [_rule("core", "pods", "list")],
    "app-driver": [
        _rule("resource.k8s.io", "resourceclaims,resourceclaims/status", "get,update,patch"),
        _rule("resource.k8s.io", "resourceclaims/driver", "associated-node:patch", "gpu.example.com"),
        _rule("core", "pods", "impersonate-on:associated-node:list"),
        _rule("authentication.k8s.io", "nodes", "impersonate:associated-node"),
    ],
    # Bound to nobody, to be bound in rows.
    "grants-secrets": [_rule("core", "secrets", "get,list")],
    "grants-pods": [_rule("core", "pods", "get")],
    "gatherer": [],
}
# By user: a cluster role bound in namespace a.
_IN_A = {"alice": "admin", "eve": "edit", "victor": "view"}


def _subject(kind: str, name: str) -> Object:
    return {"apiGroup": _GROUP, "kind": kind, "name": name}


def _bind(world: World, name: str, role: str, subject: Object, namespace: str = "") -> None:
    path = f"{RBAC}/namespaces/{namespace}/rolebindings" if namespace else f"{RBAC}/clusterrolebindings"
    reference = {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role}
    world.make(path, {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]})


def _roles(world: World) -> None:
    for name, rules in _CLUSTER.items():
        world.make(f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": rules})
        if name in USERS:
            _bind(world, name, name, _subject("User", name))
    _bind(world, "devs", "devs", _subject("Group", "devs"))
    account = {"kind": "ServiceAccount", "name": "app", "namespace": "a"}
    _bind(world, "app-driver", "app-driver", account)
    for user, role in _IN_A.items():
        _bind(world, user, role, _subject("User", user), "a")
    # Bindings to roles that are not there are told to whoever is refused.
    _bind(world, "lost", "gone", _subject("User", "petra"), "b")
    # Nobody aggregates here, so we do what a controller would, on both sides.
    admin = world.client("admin")
    for name in ("edit", "view", "edit", "admin"):
        roles = admin.get(f"{RBAC}/clusterroles").json()["items"]
        role = next(one for one in roles if one["metadata"]["name"] == name)
        done = admin.put(f"{RBAC}/clusterroles/{name}", json={**role, "rules": gathered(role, roles)})
        assert done.status_code == 200, done.text


def pod(name: str, node: str = "", **more: Any) -> Object:
    """A pod with one container, bound to a node or not."""
    spec: Object = {"containers": [{"name": "c", "image": "i:1"}], "serviceAccountName": "app", **more}
    return {"metadata": {"name": name}, "spec": {**spec, **({"nodeName": node} if node else {})}}


def _pods(world: World) -> None:
    path = "/api/v1/namespaces/a/pods"
    token = {"serviceAccountToken": {"path": "t", "audience": "vault"}}
    volumes = [
        {"name": "s", "secret": {"secretName": "s-used"}},
        {"name": "p", "persistentVolumeClaim": {"claimName": "v-used"}},
        {"name": "t", "projected": {"sources": [token, {"configMap": {"name": "c-used"}}]}},
    ]
    claims = [{"name": "gpu", "resourceClaimName": "used"}]
    world.make(path, pod("p1", "n1", volumes=volumes, resourceClaims=claims))
    world.make(path, pod("p2", "n2"))
    world.make(path, pod("p0"))
    world.make("/api/v1/namespaces/b/pods", pod("p1", "n2"))
    node = world.uids["/api/v1/nodes/n1"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": node, "controller": True}
    mirror = {"metadata": {"name": "mirror"}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    mirror["spec"]["nodeName"] = "n1"
    mirror["metadata"] |= {"annotations": {"kubernetes.io/config.mirror": "x"}, "ownerReferences": [owner]}
    world.make(path, mirror)


def _slice(name: str, **where: Any) -> Object:
    pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": "gpu.example.com", "pool": pool, "devices": [{"name": "d0"}], **where}
    return {"metadata": {"name": name}, "spec": spec}


def allocation(node: str = "n1") -> Object:
    """One device of n1, by a selector of the plain form."""
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    result = {"request": "gpu", "driver": "gpu.example.com", "pool": "s-n1", "device": "d0"}
    return {
        "devices": {"results": [result]},
        "nodeSelector": {"nodeSelectorTerms": [{"matchFields": [field]}]},
    }


def _devices(world: World) -> None:
    world.make(f"{DRA}/resourceslices", _slice("s-n1", nodeName="n1"))
    world.make(f"{DRA}/resourceslices", _slice("s-n2", nodeName="n2"))
    world.make(f"{DRA}/resourceslices", _slice("s-all", allNodes=True))
    world.make(f"{DRA}/deviceclasses", {"metadata": {"name": "gpu"}, "spec": {}})
    requests = [{"name": "gpu", "exactly": {"deviceClassName": "gpu"}}]
    for name in ("used", "free", "bound"):
        claim: Object = {"metadata": {"name": name}, "spec": {"devices": {"requests": requests}}}
        if name == "bound":
            claim["status"] = {"allocation": allocation()}
        world.make(f"{DRA}/namespaces/a/resourceclaims", claim)


def _plain(world: World) -> None:
    for name in ("a", "b"):
        world.make("/api/v1/namespaces", {"metadata": {"name": name}})
        for account in ("default", "app"):
            world.make(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": account}})
    for name in ("n1", "n2", "gone"):
        # The original puts the second on every new node.
        keys = ("example.com/x", "node.kubernetes.io/not-ready")
        taints = [{"key": key, "effect": "NoSchedule"} for key in keys]
        node = {"metadata": {"name": name, "labels": {"role": "w"}}, "spec": {"taints": taints}}
        world.make("/api/v1/nodes", node)
    for name in ("used", "free"):
        data = {"metadata": {"name": f"s-{name}"}, "data": {}}
        world.make("/api/v1/namespaces/a/secrets", data)
        world.make("/api/v1/namespaces/a/configmaps", {"metadata": {"name": f"c-{name}"}, "data": {}})
        storage = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        claim = {"metadata": {"name": f"v-{name}"}, "spec": {**storage, "storageClassName": ""}}
        world.make("/api/v1/namespaces/a/persistentvolumeclaims", claim)
    for node in ("n1", "n2"):
        lease = {"metadata": {"name": node}, "spec": {"holderIdentity": node}}
        world.make("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", lease)
        csi = {"metadata": {"name": node}, "spec": {"drivers": []}}
        world.make("/apis/storage.k8s.io/v1/csinodes", csi)
    lock = {"metadata": {"name": "kube-scheduler"}, "spec": {"holderIdentity": "x"}}
    world.make("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", lock)


def _token(world: World, name: str, account: str = "app", **spec: Any) -> None:
    path = f"/api/v1/namespaces/a/serviceaccounts/{account}/token"
    made = world.client("admin").post(path, json={"spec": spec})
    assert made.status_code == 201, made.text
    world.tokens[name] = made.json()["status"]["token"]


def _bound(kind: str, name: str) -> Object:
    return {"boundObjectRef": {"apiVersion": "v1", "kind": kind, "name": name}}


def _tokens(world: World) -> None:
    admin = world.client("admin")
    a = "/api/v1/namespaces/a"
    world.make(f"{a}/serviceaccounts", {"metadata": {"name": "ended"}})
    for name in ("gone-pod", "new-pod"):
        world.make(f"{a}/pods", pod(name))
    for name in ("gone-secret", "new-secret"):
        world.make(f"{a}/secrets", {"metadata": {"name": name}})
    _token(world, "app")
    _token(world, "vault", audiences=["vault"])
    _token(world, "both", audiences=[ISSUER, "vault"])
    _token(world, "on-p1", **_bound("Pod", "p1"))
    _token(world, "on-p2", **_bound("Pod", "p2"))
    _token(world, "ended", "ended")
    for kind, name in (("Pod", "gone-pod"), ("Pod", "new-pod"), ("Secret", "gone-secret")):
        _token(world, name, **_bound(kind, name))
    _token(world, "new-secret", **_bound("Secret", "new-secret"))
    _token(world, "s-used", **_bound("Secret", "s-used"))
    _token(world, "n1", **_bound("Node", "n1"))
    _token(world, "gone-node", **_bound("Node", "gone"))
    gone = ("pods/gone-pod", "pods/new-pod", "secrets/gone-secret", "secrets/new-secret")
    for path in (*(f"{a}/{one}" for one in gone), "/api/v1/nodes/gone", f"{a}/serviceaccounts/ended"):
        done = admin.request("DELETE", path, json={"gracePeriodSeconds": 0})
        assert done.status_code == 200, done.text
    world.make(f"{a}/pods", pod("new-pod"))
    world.make(f"{a}/secrets", {"metadata": {"name": "new-secret"}})
    world.tokens["nonsense"] = "no.token.this"


def furnish(world: World) -> None:
    """Make everything that the rows speak of."""
    for name in ("kube-system", "kube-node-lease", "default"):
        end = time.monotonic() + 30
        while world.client("admin").get(f"/api/v1/namespaces/{name}").status_code != 200:
            assert time.monotonic() < end, f"no namespace {name}"
            time.sleep(0.05)
    _plain(world)
    _roles(world)
    _devices(world)
    _pods(world)
    _tokens(world)
