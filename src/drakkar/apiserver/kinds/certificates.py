"""The kinds of the group certificates.k8s.io: requests for certificates, and what is trusted."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind, Subresource
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Strategy, selectable
from drakkar.apiserver.tables.certificates import POD_REQUESTS, SIGNING_REQUESTS, TRUST_BUNDLES
from drakkar.validation import formats
from drakkar.validation.object_meta import Rules

GROUP = "certificates.k8s.io"
_APPROVAL = Subresource("approval", GROUP, "v1", "CertificateSigningRequest", ("get", "patch", "update"))
_ASKER = ("username", "uid", "groups", "extra")


def _signing_request(new: Object, old: Object | None, now: str) -> None:
    # Who asks is written by the server, and then nothing of it changes but by its subresources.
    spec = new.get("spec") or {}
    if old is not None:
        new["spec"] = old.get("spec") or {}
    else:
        new["spec"] = {field: value for field, value in spec.items() if field not in _ASKER}


def _pod_request(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    if spec.get("maxExpirationSeconds") is None:
        spec["maxExpirationSeconds"] = 24 * 60 * 60


_SIGNING_REQUESTS = Strategy(
    columns=SIGNING_REQUESTS,
    prepare=_signing_request,
    unowned=frozenset({"spec", "status"}),
    metadata=Rules(formats.path_segment),
    fields=selectable("spec.signerName"),
    idle="no certificate is issued for a CertificateSigningRequest",
)
_BUNDLES = Strategy(
    columns=TRUST_BUNDLES,
    metadata=Rules(formats.path_segment),
    fields=selectable("spec.signerName"),
    needs_version=True,
    idle="no pod is given a ClusterTrustBundle",
)
_POD_REQUESTS = Strategy(
    columns=POD_REQUESTS,
    default=_pod_request,
    fields=selectable("spec.signerName", "spec.podName", "spec.nodeName"),
    status_keeps=OBJECT_METADATA,
    needs_version=True,
    idle="no certificate is issued for a PodCertificateRequest",
)
KINDS = (
    Kind(
        GROUP,
        "v1",
        "certificatesigningrequests",
        "CertificateSigningRequest",
        False,
        ("csr",),
        status=True,
        extra=(_APPROVAL,),
        strategy=_SIGNING_REQUESTS,
    ),
    Kind(GROUP, "v1", "clustertrustbundles", "ClusterTrustBundle", False, strategy=_BUNDLES),
    Kind(
        GROUP,
        "v1",
        "podcertificaterequests",
        "PodCertificateRequest",
        True,
        status=True,
        strategy=_POD_REQUESTS,
    ),
)
