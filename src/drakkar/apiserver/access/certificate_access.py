"""Who asks for a certificate, who may approve and sign the request, and who may say whom to trust for a signer: the verbs
`approve`, `sign` and `attest` on signers.

Signers are no resource that anybody serves; they only exist in roles, each by its name or by its domain with `/*`.
"""

from __future__ import annotations

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access.collector_fields import only_these_change
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.requester import MASTERS, Requester
from drakkar.apiserver.kinds.kind import Kind
from drakkar.validation.certificates.signing_request import organizations
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_values import same

_GROUP = "certificates.k8s.io"
_CLIENTS = "kubernetes.io/kube-apiserver-client"
_REQUESTS, _POD_REQUESTS = "certificatesigningrequests", "podcertificaterequests"
_BUNDLES = "clustertrustbundles"


def introduce(kind: Kind, new: Object, requester: Requester | None) -> None:
    """Write in place into a new request who makes it; nothing for an object of another kind, or for the server's own."""
    if (kind.group, kind.plural) != (_GROUP, _REQUESTS) or requester is None:
        return
    user = requester.user
    told: Object = {"username": user.name, "uid": user.uid, "groups": list(user.groups)}
    told["extra"] = {key: list(values) for key, values in user.extra.items()}
    new["spec"] = {**(new.get("spec") or {}), **{field: value for field, value in told.items() if value}}


def check(kind: Kind, new: Object, old: Object | None, subresource: str, requester: Requester | None) -> None:
    """StatusError 403 where the requester may not approve or sign the request, or attest what a bundle has for its signer, and
    for a new request that asks for too much; nothing for an object of another kind."""
    if (kind.group, kind.plural) == (_GROUP, _BUNDLES):
        _attest(kind, new, old, requester)
        return
    if (kind.group, kind.plural) != (_GROUP, _REQUESTS):
        return
    if old is None:
        _check_subject(kind, new)
    if requester is None or old is None:
        return
    verb = {"approval": "approve", "status": "sign"}.get(subresource)
    if verb is None:
        return
    after, before = new.get("status") or {}, old.get("status") or {}
    if verb == "sign" and all(
        same(after.get(field), before.get(field)) for field in ("certificate", "conditions")
    ):
        return
    signer = _signer(old)
    if not _may(requester, verb, signer):
        why = f"user not permitted to {verb} requests with signerName {quoted(signer)}"
        raise errors.forbidden(kind.group, kind.plural, new["metadata"]["name"], why)


def _attest(kind: Kind, new: Object, old: Object | None, requester: Requester | None) -> None:
    """Whom a signer's certificates are to be trusted by is not said by everybody who may write bundles."""
    signer = _signer(new)
    if requester is None or not signer or (old is not None and only_these_change(old, new)):
        return
    if not _may(requester, "attest", signer):
        why = f"user not permitted to attest for signerName {quoted(signer)}"
        raise errors.forbidden(kind.group, kind.plural, new["metadata"].get("name", ""), why)


def _check_subject(kind: Kind, new: Object) -> None:
    """Nobody gets a certificate by which he may all."""
    if _signer(new) == _CLIENTS and MASTERS in organizations(new):
        why = f"use of {_CLIENTS} signer with {MASTERS} group is not allowed"
        raise errors.forbidden(kind.group, kind.plural, new["metadata"].get("name", ""), why)


def problems(kind: Kind, new: Object, old: Object, requester: Requester) -> list[FieldError]:
    """What the requester may not change of the status of a pod's request; nothing for an object of another kind."""
    if (kind.group, kind.plural) != (_GROUP, _POD_REQUESTS) or same(new.get("status"), old.get("status")):
        return []
    signer = _signer(old)
    if _may(requester, "sign", signer):
        return []
    said = f'User {quoted(requester.user.name)} is not permitted to "sign" for signer {quoted(signer)}'
    return [FieldError.forbidden("spec.signerName", said)]


def _signer(obj: Object) -> str:
    found: str = (obj.get("spec") or {}).get("signerName") or ""
    return found


def _may(requester: Requester, verb: str, signer: str) -> bool:
    names = (signer, f"{signer.split('/')[0]}/*")
    return any(requester.decide(Attributes(verb, _GROUP, "signers", name=name)).allowed for name in names)
