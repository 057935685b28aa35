"""Who asks for certificates, who decides of that, and who signs."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from certificate_bodies import certificate, coded, request, stub

from ..callers import ALICE, MASTER, Server, user

CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
BUNDLES = "/apis/certificates.k8s.io/v1/clustertrustbundles"
SIGNER = "a.example/s"
APPROVED = {"type": "Approved", "status": "True", "reason": "r", "message": "m"}
CERTIFICATE = coded(certificate().encode())


def _rule(resource: str, *verbs: str, **more: Any) -> dict[str, Any]:
    return {"apiGroups": ["certificates.k8s.io"], "resources": [resource], "verbs": list(verbs), **more}


@pytest.fixture
def csrs(server: Server) -> Server:
    below = [_rule(f"certificatesigningrequests/{sub}", "update", "patch") for sub in ("approval", "status")]
    server.grant("alice", [_rule("certificatesigningrequests", "create", "get", "update")])
    server.grant("nobody", below)
    server.grant("approver", [*below, _rule("signers", "approve", resourceNames=[SIGNER])])
    server.grant("signer", [*below, _rule("signers", "sign", resourceNames=["a.example/*"])])
    made = server.asks(ALICE, "POST", CSRS, _body("c", username="root", groups=["system:masters"]))
    assert made.status_code == 201, made.text
    return server


def _body(name: str, **spec: Any) -> dict[str, Any]:
    wanted = {"request": request(), "signerName": SIGNER, "usages": ["client auth"], **spec}
    return {"metadata": {"name": name}, "spec": wanted}


def _patch(server: Server, who: str, sub: str, status: Any) -> Any:
    return server.asks(user(who), "PATCH", f"{CSRS}/c/{sub}", {"status": status})


def test_who_asks_is_who_he_is_and_stays_so(csrs: Server) -> None:
    stored = csrs.asks(ALICE, "GET", f"{CSRS}/c").json()
    assert stored["spec"]["username"] == "alice"
    assert stored["spec"]["groups"] == ["system:authenticated"]
    assert not stored["metadata"].get("managedFields")
    changed = {**stored, "spec": {**stored["spec"], "username": "root", "signerName": "b.example/s"}}
    changed["status"] = {"conditions": [APPROVED], "certificate": CERTIFICATE}
    again = csrs.asks(ALICE, "PUT", f"{CSRS}/c", changed)
    assert again.status_code == 200
    assert again.json()["spec"] == stored["spec"] and again.json()["status"] == {}


def test_only_who_may_approves_and_nothing_else_comes_of_it(csrs: Server) -> None:
    for who in ("nobody", "signer"):
        refused = _patch(csrs, who, "approval", {"conditions": [APPROVED]})
        assert refused.status_code == 403
        assert 'user not permitted to approve requests with signerName "a.example/s"' in refused.text.replace(
            "\\", ""
        )
    done = _patch(csrs, "approver", "approval", {"conditions": [APPROVED], "certificate": CERTIFICATE})
    assert done.status_code == 200, done.text
    status = done.json()["status"]
    assert "certificate" not in status
    (condition,) = status["conditions"]
    assert condition["lastUpdateTime"] and condition["lastTransitionTime"]
    gone = _patch(csrs, "approver", "approval", {"conditions": []})
    assert gone.status_code == 422 and "may not remove" in gone.text
    denied = {**APPROVED, "type": "Denied"}
    both = _patch(csrs, "approver", "approval", {"conditions": [condition, denied]})
    assert both.status_code == 422 and "must specify at most one of" in both.text


def test_only_who_may_signs_and_does_not_approve_by_it(csrs: Server) -> None:
    for who in ("nobody", "approver"):
        refused = _patch(csrs, who, "status", {"certificate": CERTIFICATE})
        assert refused.status_code == 403 and "not permitted to sign" in refused.text
    # Nothing changes here, so that nothing must be allowed.
    assert _patch(csrs, "nobody", "status", {}).status_code == 200
    approving = _patch(csrs, "signer", "status", {"conditions": [APPROVED]})
    assert approving.status_code == 422 and "may not add" in approving.text
    bad = _patch(csrs, "signer", "status", {"certificate": coded(b"x")})
    assert bad.status_code == 422 and "must contain at least one CERTIFICATE PEM block" in bad.text
    assert _patch(csrs, "approver", "approval", {"conditions": [APPROVED]}).status_code == 200
    done = _patch(csrs, "signer", "status", {"certificate": CERTIFICATE})
    assert done.status_code == 200
    assert done.json()["status"]["certificate"] == CERTIFICATE
    assert [one["type"] for one in done.json()["status"]["conditions"]] == ["Approved"]
    other = coded(certificate(hours=1).encode())
    again = _patch(csrs, "signer", "status", {"certificate": other})
    assert again.status_code == 422 and "may not modify existing certificate content" in again.text


def test_nobody_asks_to_be_a_master(csrs: Server) -> None:
    wanted = {"request": request("system:masters"), "signerName": "kubernetes.io/kube-apiserver-client"}
    for who in (ALICE, MASTER):
        refused = csrs.asks(who, "POST", CSRS, _body("m", **wanted))
        assert refused.status_code == 403 and "system:masters group is not allowed" in refused.text
    assert csrs.asks(ALICE, "POST", CSRS, _body("m", request=request("system:masters"))).status_code == 201


NODE = user("system:node:n1", "system:nodes")
POD_REQUESTS = "/apis/certificates.k8s.io/v1/namespaces/a/podcertificaterequests"


@pytest.mark.parametrize(
    "signer", ["kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet"]
)
def test_a_node_asks_for_itself(csrs: Server, signer: str) -> None:
    wanted = {"signerName": signer, "usages": ["digital signature", "server auth"]}
    refused = csrs.asks(NODE, "POST", CSRS, _body("m", **wanted, request=request(name="system:node:n2")))
    assert refused.status_code == 403 and "can only create a node CSR with CN=system:node:n1" in refused.text
    made = csrs.asks(NODE, "POST", CSRS, _body("m", **wanted, request=request(name="system:node:n1")))
    assert made.status_code == 201, made.text


def _pod_request(server: Server, signer: str) -> dict[str, Any]:
    """What the node n1 asks for a pod on it."""
    server.make("/api/v1/nodes", {"metadata": {"name": "n1"}})
    source = {"podCertificate": {"signerName": SIGNER, "keyType": "ED25519", "keyPath": "k"}}
    spec = {
        "nodeName": "n1",
        "containers": [{"name": "c", "image": "i"}],
        "volumes": [{"name": "v", "projected": {"sources": [source]}}],
    }
    pod = server.make("/api/v1/namespaces/a/pods", {"metadata": {"name": "p"}, "spec": spec})
    ids = {
        kind: server.asks(MASTER, "GET", path).json()["metadata"]["uid"]
        for kind, path in (
            ("node", "/api/v1/nodes/n1"),
            ("serviceAccount", "/api/v1/namespaces/a/serviceaccounts/default"),
        )
    }
    return {
        "signerName": signer,
        "podName": "p",
        "podUID": pod["metadata"]["uid"],
        "serviceAccountName": "default",
        "serviceAccountUID": ids["serviceAccount"],
        "nodeName": "n1",
        "nodeUID": ids["node"],
        "stubPKCS10Request": stub(),
    }


def test_a_node_asks_for_pods_on_it(csrs: Server) -> None:
    spec = _pod_request(csrs, SIGNER)

    def asks(peer: Any, **change: Any) -> Any:
        body = {"metadata": {"generateName": "r-"}, "spec": {**spec, **change}}
        return csrs.asks(peer, "POST", POD_REQUESTS, body)

    for field, other in {
        "nodeName": "n2",
        "nodeUID": "x",
        "podName": "q",
        "podUID": "x",
        "serviceAccountName": "app",
        "serviceAccountUID": "x",
        "signerName": "b.example/s",
    }.items():
        assert asks(NODE, **{field: other}).status_code == 403, field
    made = asks(NODE)
    assert made.status_code == 201, made.text
    path = f"{POD_REQUESTS}/{made.json()['metadata']['name']}"
    assert csrs.asks(NODE, "GET", path).status_code == 200
    assert csrs.asks(user("system:node:n2", "system:nodes"), "GET", path).status_code == 403
    assert csrs.asks(NODE, "GET", f"{POD_REQUESTS}?fieldSelector=spec.nodeName=n1").status_code == 200
    assert csrs.asks(NODE, "GET", POD_REQUESTS).status_code == 403
    assert csrs.asks(NODE, "DELETE", path).status_code == 403


def test_the_signer_of_a_pods_certificate_must_be_allowed(csrs: Server) -> None:
    status = _rule("podcertificaterequests/status", "patch")
    csrs.grant("pod-nobody", [status])
    csrs.grant("pod-signer", [status, _rule("signers", "sign", resourceNames=[SIGNER])])
    made = csrs.make(POD_REQUESTS, {"metadata": {"name": "r"}, "spec": _pod_request(csrs, SIGNER)})
    start = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    condition = {"type": "Issued", "status": "True", "reason": "r", "lastTransitionTime": _time(start)}
    change = {
        "conditions": [{**condition, "message": ""}],
        "certificateChain": certificate(start),
        "notBefore": _time(start),
        "beginRefreshAt": _time(start + datetime.timedelta(hours=20)),
        "notAfter": _time(start + datetime.timedelta(hours=24)),
    }
    assert made["spec"]["maxExpirationSeconds"] == 86400

    def says(who: str, **other: Any) -> Any:
        return csrs.asks(user(who), "PATCH", f"{POD_REQUESTS}/r/status", {"status": {**change, **other}})

    refused = says("pod-nobody")
    assert refused.status_code == 422 and "is not permitted to" in refused.text
    for field, other in {
        "certificateChain": certificate(start, of="another"),
        "notBefore": "0000-01-01T00:00:00Z",
        "notAfter": None,
        "beginRefreshAt": change["notAfter"],
        "conditions": [{**change["conditions"][0], "type": "Denied"}],
    }.items():
        assert says("pod-signer", **{field: other}).status_code == 422, field
    assert says("pod-signer").status_code == 200
    assert says("pod-signer", beginRefreshAt=None).status_code == 422


def _time(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_whom_to_trust_for_a_signer_is_said_by_who_may_attest(server: Server) -> None:
    server.grant("alice", [_rule("clustertrustbundles", "*")])
    server.grant(
        "keeper", [_rule("clustertrustbundles", "*"), _rule("signers", "attest", resourceNames=[SIGNER])]
    )
    keeper = user("keeper")
    spec = {"signerName": SIGNER, "trustBundle": certificate(authority=True)}
    bundle = {"metadata": {"name": "a.example:s:b"}, "spec": spec}
    refused = server.asks(ALICE, "POST", BUNDLES, bundle)
    assert refused.status_code == 403
    assert refused.json()["message"].endswith('user not permitted to attest for signerName "a.example/s"')
    assert server.asks(keeper, "POST", BUNDLES, bundle).status_code == 201
    path = f"{BUNDLES}/a.example:s:b"
    other = {"spec": {"trustBundle": certificate(authority=True, of="another")}}
    assert server.asks(ALICE, "PATCH", path, other).status_code == 403
    # The garbage collector can do its work,
    assert server.asks(ALICE, "PATCH", path, {"metadata": {"finalizers": ["a.example/f"]}}).status_code == 200
    assert server.asks(keeper, "PATCH", path, other).status_code == 200
    # and what is said for no signer is nobody's affair.
    plain = {"metadata": {"name": "b"}, "spec": {"trustBundle": certificate(authority=True)}}
    assert server.asks(ALICE, "POST", BUNDLES, plain).status_code == 201
