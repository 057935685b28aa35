"""What certificates a kubelet may ask for: its own, and those of pods on its node, as its pods' volumes name them."""

from __future__ import annotations

from typing import Any

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.requester import Requester
from drakkar.apiserver.kinds import pod_references
from drakkar.apiserver.storage.store import Store
from drakkar.validation.certificates.signing_request import common_name

_GROUP = "certificates.k8s.io"
_OF_KUBELETS = ("kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet")


def request_problem(node: str, request: Object) -> str:
    """Why a node may not make a CertificateSigningRequest; empty where it may."""
    if (request.get("spec") or {}).get("signerName") not in _OF_KUBELETS:
        return ""
    wanted = f"system:node:{node}"
    return "" if common_name(request) == wanted else f"can only create a node CSR with CN={wanted}"


def pod_request_problem(store: Store, requester: Requester, node: str, space: str, request: Object) -> str:
    """Why a node may not make a PodCertificateRequest in a namespace; empty where it may."""
    spec: Object = request.get("spec") or {}
    pod_name, account_name = spec.get("podName") or "", spec.get("serviceAccountName") or ""
    named, pod_called = spec.get("nodeName") or "", f"{space}/{pod_name}"
    if named != node:
        return f"PodCertificateRequest.Spec.NodeName={quoted(named)}, which is not the requesting node {quoted(node)}"
    found = {
        "node": store.get(("/nodes", "", node)),
        "pod": store.get(("/pods", space, pod_name)),
        "service account": store.get(("/serviceaccounts", space, account_name)),
    }
    for kind, name, field in (
        ("node", node, "nodeUID"),
        ("pod", pod_called, "podUID"),
        ("service account", f"{space}/{account_name}", "serviceAccountUID"),
    ):
        held: Any = found[kind]
        if held is None:
            return f"while retrieving {kind} {quoted(name)} named in the PodCertificateRequest: not found"
        if held["metadata"]["uid"] != spec.get(field):
            return f"PodCertificateRequest for pod {quoted(pod_called)} names another {kind} than the one that is there"
    pod: Object = found["pod"] or {}
    if (pod.get("spec") or {}).get("nodeName") != node:
        return f"pod {quoted(pod_called)} is not running on node {quoted(node)} named in the PodCertificateRequest"
    if pod_references.is_mirror(pod):
        return f"pod {quoted(pod_called)} is a mirror pod"
    if pod["spec"].get("serviceAccountName") != account_name:
        said = f"contains serviceAccountName ({quoted(account_name)}) that differs from running pod"
        return f"PodCertificateRequest for pod {quoted(pod_called)} {said}"
    return _signer_problem(requester, space, pod, spec)


def _signer_problem(requester: Requester, space: str, pod: Object, spec: Object) -> str:
    signer = spec.get("signerName") or ""
    for volume in pod["spec"].get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            if (source.get("podCertificate") or {}).get("signerName") == signer:
                return ""
    # A rule about resources has no slashes in it.
    verb, resource = "request-serviceaccounts-podcertificate-signer", signer.replace("/", ":")
    asked = Attributes(verb, _GROUP, resource, namespace=space, name=spec.get("serviceAccountName") or "")
    if requester.decide(asked).allowed:
        return ""
    name = quoted(f"{space}/{spec.get('podName')}")
    return f"pod {name} does not mount a podCertificate projected volume for signer {quoted(signer)}"
