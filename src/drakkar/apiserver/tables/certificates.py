"""The tables of requests for certificates, and of bundles of trust anchors."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, age, duration, labels, part, rows
from drakkar.apiserver.tables.layout import AGE, Column, Layout

_DONE = ("Issued", "Denied", "Failed")


def _state(obj: Object) -> str:
    """What was said of a request and made for it, the worst first."""
    status = part(obj, "status")
    types = {one.get("type") for one in rows(status, "conditions")}
    state = "Denied" if "Denied" in types else "Approved" if "Approved" in types else "Pending"
    return state + (",Failed" if "Failed" in types else "") + (",Issued" if status.get("certificate") else "")


def _signing_request(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    wanted = spec.get("expirationSeconds")
    return [
        age(obj, now),
        spec.get("signerName") or NONE,
        spec.get("username") or "",
        NONE if wanted is None else duration(wanted),
        _state(obj),
    ]


def _pod_request(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    types = [one.get("type") for one in rows(part(obj, "status"), "conditions")]
    said = [one for one in types if one in _DONE]
    return [
        *(spec.get(field, "") for field in ("podName", "serviceAccountName", "nodeName", "signerName")),
        said[-1] if said else "Pending",
        labels(spec.get("unverifiedUserAnnotations")),
    ]


_SIGNER = Column("SignerName", description="Who is to sign")
SIGNING_REQUESTS = Layout(
    (
        AGE,
        _SIGNER,
        Column("Requestor", description="User who asks for the certificate"),
        Column("RequestedDuration", description="How long the certificate is to be good for"),
        Column("Condition", description="Whether it is approved, and the certificate there"),
    ),
    _signing_request,
)
TRUST_BUNDLES = Layout((_SIGNER,), lambda obj, now: [part(obj, "spec").get("signerName") or NONE])
POD_REQUESTS = Layout(
    (
        Column("PodName", description="Pod that gets the certificate"),
        Column("ServiceAccountName", description="Service account of the pod"),
        Column("NodeName", description="Node of the pod"),
        _SIGNER,
        Column("State", description="Whether the certificate is there"),
        Column("UnverifiedUserAnnotations", description="What the pod says to the signer"),
    ),
    _pod_request,
)
