"""What a kubelet may write beyond what its URL tells: only its own node, pods, lease, slices and tokens (NodeRestriction)."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access import node_certificates
from drakkar.apiserver.access.node_authorizer import node_of
from drakkar.apiserver.access.node_tokens import check_token
from drakkar.apiserver.access.requester import Requester
from drakkar.apiserver.kinds import pod_references
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.store import Store

_LEASES = "kube-node-lease"
_RESTRICTED = "node-restriction.kubernetes.io"
# The labels of Kubernetes' own domains that a kubelet may set on its node, one by one and by domain.
_KUBELET_LABELS = frozenset(
    {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
        "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type",
        "kubernetes.io/os",
        "kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/arch",
    }
)
_KUBELET_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
# What a kubelet reports of a volume claim.
_CLAIM_STATUS = ("capacity", "conditions", "allocatedResourceStatuses", "allocatedResources")
# What the scheduler and the controllers say of a pod's claims, and how a refusal calls it.
_POD_CLAIMS = {
    "resourceClaimStatuses": "resource claim statues",
    "extendedResourceClaimStatus": "extended resource claim status",
    "nodeAllocatableResourceClaimStatuses": "node allocatable resource claim statuses",
}


class _Write:
    """One write of a node, and how it is refused."""

    def __init__(
        self, store: Store, requester: Requester, node: str, kind: Kind, verb: str, new: Object, old: Object
    ) -> None:
        self.store, self.requester, self.node, self.kind = store, requester, node, kind
        self.verb, self.new, self.old = verb, new, old
        asked = requester.asked
        self.namespace, self.sub = asked.namespace, asked.subresource
        self.name = asked.name or ((new or old).get("metadata") or {}).get("name", "")

    def refuse(self, why: str) -> errors.StatusError:
        return errors.forbidden(self.kind.group, self.kind.plural, self.name, why)

    def pod(self, name: str) -> Object:
        found = self.store.get(("/pods", self.namespace, name))
        if found is None:
            raise errors.StatusError(
                404, "NotFound", f'pod "{name}" not found', {"name": name, "kind": "pod"}
            )
        return found


def check(
    store: Store, requester: Requester, kind: Kind, verb: str, new: Object | None, old: Object | None
) -> None:
    """Let a write pass, or raise StatusError 403. `verb` is create, update or delete; the objects are as stored or sent."""
    node = node_of(requester.user)
    rule = _RULES.get((kind.group, kind.plural))
    if node is None or rule is None:
        return
    write = _Write(store, requester, node, kind, verb, new or {}, old or {})
    if not node:
        raise write.refuse(f'could not determine node from user "{requester.user.name}"')
    rule(write)


def _pods(write: _Write) -> None:
    match write.sub:
        case "":
            _pod(write)
        case "status":
            _pod_status(write)
        case "eviction":
            if _node_name(write.pod(write.name)) != write.node:
                raise write.refuse(f"node {write.node} can only evict pods with spec.nodeName set to itself")
        case other:
            raise write.refuse(
                f"unexpected pod subresource \"{other}\", only 'status' and 'eviction' are allowed"
            )


def _pod(write: _Write) -> None:
    node = write.node
    if write.verb == "create":
        _mirror_pod(write)
    elif write.verb == "delete":
        if _node_name(write.old) != node:
            raise write.refuse(f'node "{node}" can only delete pods with spec.nodeName set to itself')
    else:
        operation = write.verb.upper()
        raise write.refuse(
            f'unexpected operation "{operation}", node "{node}" can only create and delete mirror pods'
        )


def _mirror_pod(write: _Write) -> None:
    node, pod = write.node, write.new
    if not pod_references.is_mirror(pod):
        said = f'pod does not have "{pod_references.MIRROR}" annotation'
        raise write.refuse(f'{said}, node "{node}" can only create mirror pods')
    if _node_name(pod) != node:
        raise write.refuse(f'node "{node}" can only create pods with spec.nodeName set to itself')
    owners = pod["metadata"].get("ownerReferences") or []
    if len(owners) > 1:
        raise write.refuse(f'node "{node}" can only create pods with a single owner reference set to itself')
    owner: Object = owners[0] if owners else {}
    if (owner.get("apiVersion"), owner.get("kind"), owner.get("name")) != ("v1", "Node", node):
        raise write.refuse(f'node "{node}" can only create pods with an owner reference set to itself')
    if not owner.get("controller"):
        said = "can only create pods with a controller owner reference set to itself"
        raise write.refuse(f'node "{node}" {said}')
    if owner.get("blockOwnerDeletion"):
        raise write.refuse(f'node "{node}" must not set blockOwnerDeletion on an owner reference')
    found = write.store.get(("/nodes", "", node))
    if found is None:
        raise errors.StatusError(404, "NotFound", f'node "{node}" not found', {"name": node, "kind": "node"})
    uid = found["metadata"]["uid"]
    if owner.get("uid") != uid:
        raise write.refuse(f"node {node} UID mismatch: expected {owner.get('uid', '')} got {uid}")
    named = pod_references.refers_to_api(pod)
    if named:
        raise write.refuse(f'node "{node}" can not create pods that reference {named}')


def _pod_status(write: _Write) -> None:
    node = write.node
    if _node_name(write.old) != node:
        said = "can only update pod status for pods with spec.nodeName set to itself"
        raise write.refuse(f'node "{node}" {said}')
    if _labels(write.old) != _labels(write.new):
        raise write.refuse(f'node "{node}" cannot update labels through pod status')
    before, after = write.old.get("status") or {}, write.new.get("status") or {}
    for field, called in _POD_CLAIMS.items():
        if (before.get(field) or None) != (after.get(field) or None):
            raise write.refuse(f'node "{node}" cannot update {called}')


def _nodes(write: _Write) -> None:
    node, new, old = write.node, write.new, write.old
    if write.name != node:
        raise write.refuse(f'node "{node}" is not allowed to modify node "{write.name}"')
    if write.verb == "delete":
        return
    before, after = old.get("spec") or {}, new.get("spec") or {}
    if write.verb == "create":
        if after.get("configSource"):
            said = "is not allowed to create pods with a non-nil configSource"
            raise write.refuse(f'node "{node}" {said}')
        foreign = _foreign_labels(_labels(new), {})
        if foreign:
            raise write.refuse(f'node "{node}" is not allowed to set the following labels: {foreign}')
        return
    if after.get("configSource") and after["configSource"] != before.get("configSource"):
        said = "is not allowed to update configSource to a new non-nil configSource"
        raise write.refuse(f'node "{node}" {said}')
    if (after.get("taints") or []) != (before.get("taints") or []):
        raise write.refuse(f'node "{node}" is not allowed to modify taints')
    if _owners(new) != _owners(old):
        raise write.refuse(f'node "{node}" is not allowed to modify ownerReferences')
    foreign = _foreign_labels(_labels(new), _labels(old))
    if foreign:
        raise write.refuse(f"is not allowed to modify labels: {foreign}")


def _volume_claims(write: _Write) -> None:
    if write.sub != "status":
        raise write.refuse("may only update PVC status")
    if _beside_status(write.old) != _beside_status(write.new):
        said = "is not allowed to update fields other than status.quantity and status.conditions"
        raise write.refuse(f'node "{write.node}" {said}')


def _accounts(write: _Write) -> None:
    if write.verb == "create" and write.sub == "token":
        check_token(write.store, write.requester, write.node, write.name, write.new)


def _leases(write: _Write) -> None:
    if write.namespace != _LEASES:
        raise write.refuse(f'can only access leases in the "{_LEASES}" system namespace')
    if write.name != write.node:
        raise write.refuse("can only access node lease with the same name as the requesting node")


def _csi_nodes(write: _Write) -> None:
    if write.name != write.node:
        raise write.refuse("can only access CSINode with the same name as the requesting node")


def _slices(write: _Write) -> None:
    # Whose a slice is that is there already, the authorizer has seen; but not of each in a collection.
    if write.verb in ("create", "delete") and _node_name(write.new or write.old) != write.node:
        said = f"can only {write.verb} ResourceSlice with the same NodeName as the requesting node"
        raise write.refuse(said)


def _signing_requests(write: _Write) -> None:
    wrong = node_certificates.request_problem(write.node, write.new) if write.verb == "create" else ""
    if wrong:
        raise write.refuse(wrong)


def _pod_requests(write: _Write) -> None:
    if write.verb != "create" or write.sub:
        raise write.refuse(f"unexpected operation {write.verb.upper()}")
    wrong = node_certificates.pod_request_problem(
        write.store, write.requester, write.node, write.namespace, write.new
    )
    if wrong:
        raise write.refuse(wrong)


_RULES: dict[tuple[str, str], Callable[[_Write], None]] = {
    ("", "pods"): _pods,
    ("", "nodes"): _nodes,
    ("", "persistentvolumeclaims"): _volume_claims,
    ("", "serviceaccounts"): _accounts,
    ("coordination.k8s.io", "leases"): _leases,
    ("storage.k8s.io", "csinodes"): _csi_nodes,
    ("resource.k8s.io", "resourceslices"): _slices,
    ("certificates.k8s.io", "certificatesigningrequests"): _signing_requests,
    ("certificates.k8s.io", "podcertificaterequests"): _pod_requests,
}


def _node_name(obj: Object) -> str:
    return (obj.get("spec") or {}).get("nodeName") or ""


def _labels(obj: Object) -> Object:
    return (obj.get("metadata") or {}).get("labels") or {}


def _owners(obj: Object) -> list[Object]:
    return (obj.get("metadata") or {}).get("ownerReferences") or []


def _within(domain: str, outer: str) -> bool:
    return domain == outer or domain.endswith(f".{outer}")


def _foreign_labels(new: Object, old: Object) -> str:
    """The labels that differ and that a kubelet may not touch, as a list to read."""
    changed = {key for key in new.keys() | old.keys() if new.get(key) != old.get(key)}
    found = []
    for key in sorted(changed):
        domain = key.partition("/")[0] if "/" in key else ""
        known = key in _KUBELET_LABELS or any(_within(domain, one) for one in _KUBELET_DOMAINS)
        kubernetes = _within(domain, "kubernetes.io") or _within(domain, "k8s.io")
        if _within(domain, _RESTRICTED) or (kubernetes and not known):
            found.append(key)
    return ", ".join(found)


def _beside_status(claim: Object) -> Object:
    hidden = ("managedFields", "resourceVersion")
    meta = {key: value for key, value in claim["metadata"].items() if key not in hidden}
    status = {key: value for key, value in (claim.get("status") or {}).items() if key not in _CLAIM_STATUS}
    return {**claim, "metadata": meta, "status": status}
