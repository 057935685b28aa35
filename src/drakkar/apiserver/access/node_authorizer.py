"""What a kubelet may: its own objects, and what the pods that are bound to its node use, as upstream's Node authorizer."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.node_pods import NodePods
from drakkar.apiserver.access.policy_rule import Attributes, rule_allows
from drakkar.apiserver.access.requester import Verdict
from drakkar.apiserver.kinds import pod_references
from drakkar.apiserver.storage.store import Store

_NODES = "system:nodes"
_NODE_PREFIX = "system:node:"
_LEASES = "kube-node-lease"
_READ = ("get", "list", "watch")
_KEEP = ("get", "create", "update", "patch", "delete")


def node_of(user: User) -> str | None:
    """The node that a user speaks for (the empty name where that is not told), or None for everybody else."""
    if _NODES not in user.groups or not user.name.startswith(_NODE_PREFIX):
        return None
    return user.name.removeprefix(_NODE_PREFIX)


class NodeAuthorizer:
    """Answers for nodes. `rules` are those of the role system:node, for what is not divided by objects."""

    def __init__(self, store: Store, pods: NodePods, rules: list[Object]) -> None:
        self._store = store
        self._pods = pods
        self._rules = rules
        self._by_resource: dict[tuple[str, str], Callable[[str, Attributes], Verdict]] = {
            ("", "secrets"): self._read,
            ("", "configmaps"): self._read,
            ("", "persistentvolumeclaims"): self._claim,
            ("", "persistentvolumes"): self._get,
            ("resource.k8s.io", "resourceclaims"): self._get,
            ("storage.k8s.io", "volumeattachments"): self._get,
            ("", "serviceaccounts"): self._account,
            ("coordination.k8s.io", "leases"): self._lease,
            ("storage.k8s.io", "csinodes"): self._csi_node,
            ("resource.k8s.io", "resourceslices"): self._slice,
            ("", "nodes"): self._node,
            ("", "pods"): self._pod,
            ("certificates.k8s.io", "podcertificaterequests"): self._pod_request,
        }

    def decide(self, node: str, asked: Attributes) -> Verdict:
        """Whether the node may; the reason is upstream's."""
        divided = None if asked.path else self._by_resource.get((asked.group, asked.resource))
        if divided is not None:
            return divided(node, asked)
        return Verdict(any(rule_allows(rule, asked) for rule in self._rules))

    def _related(self, node: str, asked: Attributes) -> Verdict:
        if not asked.name:
            return Verdict(False, "No Object name found")
        if self._relation(node, asked):
            return Verdict(True)
        return Verdict(False, f"no relationship found between node '{node}' and this object")

    def _relation(self, node: str, asked: Attributes) -> bool:
        space, name = asked.namespace, asked.name
        if asked.resource in ("volumeattachments", "resourceslices"):
            found = self._store.get((f"{asked.group}/{asked.resource}", "", name))
            return bool(found) and ((found or {}).get("spec") or {}).get("nodeName") == node
        if asked.resource == "podcertificaterequests":
            found = self._store.get((f"{asked.group}/{asked.resource}", space, name))
            return bool(found) and ((found or {}).get("spec") or {}).get("nodeName") == node
        if asked.resource == "persistentvolumes":
            volume = self._store.get(("/persistentvolumes", "", name)) or {}
            claim = (volume.get("spec") or {}).get("claimRef") or {}
            if not claim:
                return False
            pods = self._pods.on(node, claim.get("namespace", ""))
            return any(claim.get("name") in pod_references.volume_claims(pod) for pod in pods)
        return any(_uses(pod, asked.resource, name) for pod in self._pods.on(node, space))

    def _read(self, node: str, asked: Attributes) -> Verdict:
        if asked.verb not in _READ:
            return Verdict(False, "can only read resources of this type")
        if asked.subresource:
            return Verdict(False, "cannot read subresource")
        if not asked.namespace:
            return Verdict(False, "can only read namespaced object of this type")
        return self._related(node, asked)

    def _get(self, node: str, asked: Attributes) -> Verdict:
        if asked.verb != "get":
            return Verdict(False, "can only get individual resources of this type")
        if asked.subresource:
            return Verdict(False, "cannot get subresource")
        return self._related(node, asked)

    def _claim(self, node: str, asked: Attributes) -> Verdict:
        if asked.subresource != "status":
            return self._get(node, asked)
        if asked.verb not in ("update", "patch"):
            return Verdict(False, "can only get/update/patch this type")
        return self._related(node, asked)

    def _account(self, node: str, asked: Attributes) -> Verdict:
        if asked.verb == "get" and not asked.subresource:
            return self._read(node, asked)
        if asked.verb != "create" or not asked.name:
            return Verdict(False, "can only create tokens for individual service accounts")
        if asked.subresource != "token":
            return Verdict(False, "can only create token subresource of serviceaccount")
        return self._related(node, asked)

    def _lease(self, node: str, asked: Attributes) -> Verdict:
        if asked.verb not in _KEEP:
            return Verdict(False, "can only get, create, update, patch, or delete a node lease")
        if asked.namespace != _LEASES:
            return Verdict(False, f'can only access leases in the "{_LEASES}" system namespace')
        if asked.verb != "create" and asked.name != node:
            return Verdict(False, "can only access node lease with the same name as the requesting node")
        return Verdict(True)

    def _csi_node(self, node: str, asked: Attributes) -> Verdict:
        if asked.subresource == "status":
            return Verdict(False, "CSINode status access requires CSIVolumeHealth feature")
        if asked.subresource:
            return Verdict(False, "cannot authorize CSINode subresources")
        if asked.verb not in _KEEP:
            return Verdict(False, "can only get, create, update, patch, or delete a CSINode")
        if asked.verb != "create" and asked.name != node:
            return Verdict(False, "can only access CSINode with the same name as the requesting node")
        return Verdict(True)

    def _slice(self, node: str, asked: Attributes) -> Verdict:
        if asked.subresource:
            return Verdict(False, "cannot authorize ResourceSlice subresources")
        if asked.verb == "create":
            # Admission sees whose the slice would be; nobody knows it here.
            return Verdict(True)
        if asked.verb in ("get", "update", "patch", "delete"):
            return self._related(node, asked)
        if asked.verb in ("watch", "list", "deletecollection"):
            if ("spec.nodeName", node) in asked.fields:
                return Verdict(True)
            said = "can only list/watch/deletecollection resourceslices with nodeName field selector"
            return Verdict(False, said)
        said = "get, watch, list, create, update, patch, delete, deletecollection"
        return Verdict(False, f"only the following verbs are allowed for a ResourceSlice: {said}")

    def _pod_request(self, node: str, asked: Attributes) -> Verdict:
        if asked.subresource:
            said = "nodes may not access the status subresource of PodCertificateRequests"
            return Verdict(False, said)
        match asked.verb:
            case "create":
                # Admission sees whose certificate it would be.
                return Verdict(True)
            case "get":
                return self._related(node, asked)
            case "list" | "watch":
                if ("spec.nodeName", node) in asked.fields:
                    return Verdict(True)
                said = "can only list/watch podcertificaterequests with nodeName field selector"
                return Verdict(False, said)
        return Verdict(False, f"nodes may not {asked.verb} podcertificaterequests")

    def _node(self, node: str, asked: Attributes) -> Verdict:
        # Admission keeps a node from writing to others.
        if asked.subresource == "status":
            return Verdict(asked.verb in ("update", "patch"))
        if asked.subresource:
            return Verdict(False)
        if asked.verb in ("create", "update", "patch"):
            return Verdict(True)
        if asked.verb not in _READ:
            return Verdict(False)
        if asked.name == node:
            return Verdict(True)
        if not asked.name:
            return Verdict(False, f"node '{node}' cannot read all nodes, only its own Node object")
        return Verdict(False, f"node '{node}' cannot read '{asked.name}', only its own Node object")

    def _pod(self, node: str, asked: Attributes) -> Verdict:
        match asked.subresource, asked.verb:
            case "", "get":
                return self._get(node, asked)
            case "", "list" | "watch":
                if ("spec.nodeName", node) in asked.fields:
                    return Verdict(True)
                if asked.name:
                    return self._related(node, asked)
                return Verdict(False, "can only list/watch pods with spec.nodeName field selector")
            # Admission keeps a node to mirror pods and to pods of its own.
            case ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create"):
                return Verdict(True)
        return Verdict(False)


def _uses(pod: Object, resource: str, name: str) -> bool:
    if resource == "pods":
        return bool(pod["metadata"]["name"] == name)
    # A node that could give itself rights by mirroring a pod would need no other.
    if pod_references.is_mirror(pod):
        return False
    spec = pod.get("spec") or {}
    match resource:
        case "serviceaccounts":
            return bool(spec.get("serviceAccountName") == name)
        case "secrets":
            return name in pod_references.secrets(spec)
        case "configmaps":
            return name in pod_references.config_maps(spec)
        case "persistentvolumeclaims":
            return name in pod_references.volume_claims(pod)
        case "resourceclaims":
            return name in pod_references.resource_claims(pod)
    return False
