"""The kinds of the group certificates.k8s.io: requests for certificates, and what is trusted."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind, Subresource
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Facts, Strategy, selectable
from drakkar.apiserver.tables.certificates import POD_REQUESTS, SIGNING_REQUESTS, TRUST_BUNDLES
from drakkar.validation import formats
from drakkar.validation.certificates.pod_request import pod_request_problems, pod_request_status_problems
from drakkar.validation.certificates.signing_request import (
    APPROVED,
    DENIED,
    signing_request_problems,
    status_change_problems,
)
from drakkar.validation.certificates.trust_bundle import anchor_problems, bundle_problems, name_rule
from drakkar.validation.field_error import FieldError, shown
from drakkar.validation.field_values import same
from drakkar.validation.object_meta import Rules

GROUP = "certificates.k8s.io"
_APPROVAL = Subresource("approval", GROUP, "v1", "CertificateSigningRequest", ("get", "patch", "update"))
# Keys and certificates are much work for their length.
_EFFORT = 16
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


def _approved(old: Object, sent: Object, now: str) -> Object:
    """A request of which something else was decided; its certificate stays."""
    status = old.get("status") or {}
    given = (sent.get("status") or {}).get("conditions") or []
    return {**old, "status": {**status, "conditions": _dated(given, status, now)}}


def _signed(old: Object, sent: Object, now: str) -> Object:
    """A request with its certificate; what was decided of it stays."""
    status, given = old.get("status") or {}, sent.get("status") or {}
    held = status.get("conditions") or []
    found = list(given.get("conditions") or [])
    for kind in (APPROVED, DENIED):
        places = [at for at, one in enumerate(found) if one.get("type") == kind]
        stored = [one for one in held if one.get("type") == kind]
        if len(places) == len(stored):
            for at, one in zip(places, stored, strict=True):
                found[at] = one
    made = {key: value for key, value in given.items() if key != "conditions"}
    if found:
        made["conditions"] = _dated(found, status, now)
    return {**old, "status": made}


def _dated(given: list[Object], status: Object, now: str) -> list[Object]:
    """The conditions with the times of their last change; that of one that holds as before is the one of then."""
    since: dict[tuple[str, str], str] = {}
    for one in status.get("conditions") or ():
        if one.get("lastTransitionTime"):
            since.setdefault((one.get("type") or "", one.get("status") or ""), one["lastTransitionTime"])
    return [
        {
            **one,
            "lastUpdateTime": one.get("lastUpdateTime") or now,
            "lastTransitionTime": one.get("lastTransitionTime")
            or since.get((one.get("type") or "", one.get("status") or ""), now),
        }
        for one in given
    ]


@dataclass(frozen=True, kw_only=True)
class _SigningRequests(Strategy):
    """The rules of requests, which hold for their status, too."""

    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with a status that has a certificate."""
        return self.problems(new, old, facts) + status_change_problems(old, new, approving=False)

    def part_problems(self, new: Object, old: Object, subresource: str) -> list[FieldError]:
        """What is wrong with what was decided of a request."""
        found, known = signing_request_problems(new), set(signing_request_problems(old))
        found = [cause for cause in found if cause not in known]
        return found + status_change_problems(old, new, approving=True)


@dataclass(frozen=True, kw_only=True)
class _TrustBundles(Strategy):
    """The rules of bundles, which are read only where they are others."""

    def problems(self, new: Object, old: Object | None, facts: Facts) -> list[FieldError]:
        """What is wrong with a bundle."""
        found = super().problems(new, old, facts)
        before = None if old is None else (old.get("spec") or {}).get("trustBundle")
        if before is None or before != (new.get("spec") or {}).get("trustBundle"):
            found += anchor_problems(new)
        return found


@dataclass(frozen=True, kw_only=True)
class _PodRequests(Strategy):
    """The rules of pods' requests, of which nothing changes but the status, once."""

    def problems(self, new: Object, old: Object | None, facts: Facts) -> list[FieldError]:
        """What is wrong with a new request, or with a change of it."""
        if old is None:
            return pod_request_problems(new)
        if same(old.get("spec"), new.get("spec")):
            return []
        return [FieldError.invalid("spec", shown(new.get("spec")), "field is immutable")]

    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with a status."""
        return pod_request_status_problems(old, new, datetime.datetime.now(datetime.UTC))


_SIGNING_REQUESTS = _SigningRequests(
    columns=SIGNING_REQUESTS,
    prepare=_signing_request,
    unowned=frozenset({"spec", "status"}),
    rules=signing_request_problems,
    parts={"approval": _approved, "status": _signed},
    effort=_EFFORT,
    metadata=Rules(formats.path_segment),
    fields=selectable("spec.signerName"),
    idle="no certificate is issued for a CertificateSigningRequest",
)
_BUNDLES = _TrustBundles(
    rules=bundle_problems,
    fixed=("spec.signerName",),
    effort=_EFFORT,
    columns=TRUST_BUNDLES,
    metadata_of=lambda bundle: Rules(name_rule(bundle)),
    fields=selectable("spec.signerName"),
    needs_version=True,
    idle="no pod is given a ClusterTrustBundle",
)
_POD_REQUESTS = _PodRequests(
    effort=_EFFORT,
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
