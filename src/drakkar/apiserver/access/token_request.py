"""serviceaccounts/X/token: a new token for a service account, bound to a pod where one is named."""

from __future__ import annotations

import json

from drakkar.api.object import Object
from drakkar.api.time import time_text
from drakkar.apiserver import errors
from drakkar.apiserver.access.tokens import Bound, TokenIssuer, credential_id
from drakkar.apiserver.audit_annotations import UNREAD, AuditAnnotations
from drakkar.apiserver.kinds import metadata
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.storage.store import Store
from drakkar.validation.field_error import FieldError
from drakkar.validation.token_lifetime import token_lifetime

_DEFAULT = 3600
_ISSUED = "authentication.kubernetes.io/issued-credential-id"
_LONGEST_GIVEN = 365 * 24 * 3600


_GROUP = "authentication.k8s.io"


def _completed(request: Object) -> None:
    """Complete a request as it is read, in place."""
    spec = request.get("spec")
    if isinstance(spec, dict) and spec.get("expirationSeconds") is None:
        spec["expirationSeconds"] = _DEFAULT


KIND = Kind(
    *(_GROUP, "v1", "tokenrequests", "TokenRequest", True),
    verbs=("create",),
    strategy=Strategy(default=_completed),
)


def issue(
    store: Store,
    issuer: TokenIssuer,
    namespace: str,
    name: str,
    request: Object,
    annotations: AuditAnnotations = UNREAD,
) -> Object:
    """The TokenRequest with its token; raises StatusError 400, 404, 409 and 422. `annotations` say which token it is."""
    uid = _account(store, namespace, name, request)
    spec: Object = dict(request.get("spec") or {})
    seconds = _seconds(spec)
    if spec.get("attestations"):
        said = "attestations may only be specified with a webhook bound object reference"
        cause = FieldError.invalid("spec.attestations", json.dumps(spec["attestations"]), said)
        raise errors.invalid(_GROUP, "TokenRequest", "", [cause])
    audiences: list[str] = spec.get("audiences") or [issuer.issuer]
    reference = spec.get("boundObjectRef")
    bound = [] if reference is None else _bound(store, namespace, name, reference)
    token, ends = issuer.issue(
        namespace,
        name,
        uid,
        audiences=audiences,
        seconds=min(seconds, _LONGEST_GIVEN),
        bound=bound,
    )
    if annotations.are_read:
        annotations.note(_ISSUED, credential_id(token))
    spec |= {"audiences": audiences, "expirationSeconds": seconds}
    return {
        "kind": "TokenRequest",
        "apiVersion": f"{_GROUP}/v1",
        "metadata": {"name": name, "namespace": namespace, "uid": uid, "creationTimestamp": metadata.now()},
        "spec": spec,
        "status": {"token": token, "expirationTimestamp": time_text(ends)},
    }


def _account(store: Store, namespace: str, name: str, request: Object) -> str:
    """The uid of the account that is asked for, which the request may name in more than one place."""
    given: Object = request.get("metadata") or {}
    if given.get("namespace", namespace) not in ("", namespace):
        raise errors.other_namespace()
    if given.get("name", name) not in ("", name):
        said = "must match the service account name if specified"
        cause = FieldError.invalid("metadata.name", f'"{given["name"]}"', said)
        raise errors.invalid(_GROUP, "TokenRequest", name, [cause])
    account = store.get(("/serviceaccounts", namespace, name))
    if account is None:
        raise errors.not_found("", "serviceaccounts", name)
    uid = account["metadata"]["uid"]
    if given.get("uid", uid) not in ("", uid):
        why = f"the UID in the token request ({given['uid']}) does not match the UID of the service account ({uid})"
        raise errors.conflict(_GROUP, "TokenRequest", name, why)
    return str(uid)


def _seconds(spec: Object) -> int:
    seconds = spec.get("expirationSeconds")
    seconds = _DEFAULT if seconds is None else int(seconds)
    said = token_lifetime(seconds)
    if not said:
        return seconds
    cause = FieldError.invalid("spec.expirationSeconds", str(seconds), said)
    raise errors.invalid(_GROUP, "TokenRequest", "", [cause])


def _bound(store: Store, namespace: str, name: str, reference: Object) -> list[Bound]:
    kind, target = str(reference.get("kind", "")), str(reference.get("name", ""))
    group, slash, version = str(reference.get("apiVersion", "")).rpartition("/")
    if group or kind not in ("Pod", "Secret", "Node"):
        whole = f"{group}{slash or '/'}{version}, Kind={kind}"
        raise errors.bad_request(f"cannot bind token to object of type {whole}")
    if not target:
        raise errors.bad_request("Name parameter required.")
    plural = f"{kind.lower()}s"
    found = store.get((f"/{plural}", "" if kind == "Node" else namespace, target))
    if found is None:
        raise errors.not_found("", plural, target)
    uid, spec = found["metadata"]["uid"], found.get("spec") or {}
    if kind == "Pod" and (spec.get("serviceAccountName") or "") != name:
        raise errors.bad_request(
            f'cannot bind token for serviceaccount "{name}" to pod running with different serviceaccount name.'
        )
    if reference.get("uid") and reference["uid"] != uid:
        why = (
            f"the UID in the bound object reference ({reference['uid']}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
        raise errors.conflict("", kind, target, why)
    bound = [Bound(kind, target, uid)]
    if kind == "Pod" and spec.get("nodeName"):
        node = store.get(("/nodes", "", spec["nodeName"]))
        bound.append(Bound("Node", spec["nodeName"], node["metadata"]["uid"] if node else ""))
    return bound
