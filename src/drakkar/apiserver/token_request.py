"""serviceaccounts/X/token: a new token for a service account, bound to a pod where one is named."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver import errors, metadata
from drakkar.apiserver.store import Store
from drakkar.apiserver.tokens import Bound, TokenIssuer

Object = dict[str, Any]

_LEAST, _MOST = 600, 2**32
_DEFAULT = 3600
_LONGEST_GIVEN = 365 * 24 * 3600


def issue(store: Store, issuer: TokenIssuer, namespace: str, name: str, request: Object) -> Object:
    """The TokenRequest with its token; raises StatusError 404, 409 and 422."""
    account = store.get(("/serviceaccounts", namespace, name))
    if account is None:
        raise errors.not_found("", "serviceaccounts", name)
    spec: Object = dict(request.get("spec") or {})
    seconds = spec.get("expirationSeconds") or _DEFAULT
    if not isinstance(seconds, int) or not _LEAST <= seconds <= _MOST:
        said = "may not specify a duration less than 10 minutes"
        cause = errors.Cause.invalid("spec.expirationSeconds", str(seconds), said)
        raise errors.invalid("authentication.k8s.io", "TokenRequest", name, [cause])
    audiences: list[str] = spec.get("audiences") or [issuer.issuer]
    reference = spec.get("boundObjectRef")
    bound = _bound(store, account, namespace, name, reference) if reference else []
    token, ends = issuer.issue(
        namespace,
        name,
        account["metadata"]["uid"],
        audiences=audiences,
        seconds=min(seconds, _LONGEST_GIVEN),
        bound=bound,
    )
    spec |= {"audiences": audiences, "expirationSeconds": seconds}
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": metadata.now()},
        "spec": spec,
        "status": {"token": token, "expirationTimestamp": ends.strftime("%Y-%m-%dT%H:%M:%SZ")},
    }


def _bound(store: Store, account: Object, namespace: str, name: str, reference: Object) -> list[Bound]:
    kind, target = str(reference.get("kind", "")), str(reference.get("name", ""))
    if kind not in ("Pod", "Secret", "Node"):
        raise errors.bad_request(f"cannot bind token for serviceaccount {name!r} to object of type {kind!r}")
    plural = f"{kind.lower()}s"
    found = store.get((f"/{plural}", "" if kind == "Node" else namespace, target))
    if found is None:
        raise errors.not_found("", plural, target)
    uid = found["metadata"]["uid"]
    if reference.get("uid") and reference["uid"] != uid:
        why = f"the UID in the bound object reference ({reference['uid']}) does not match the UID in record ({uid})"
        raise errors.conflict("", plural, target, why)
    bound = [Bound(kind, target, uid)]
    if kind != "Pod":
        return bound
    spec = found.get("spec") or {}
    if (spec.get("serviceAccountName") or "default") != name:
        raise errors.bad_request(
            f"cannot bind token for serviceaccount {name!r} to pod running with different serviceaccount name."
        )
    node = store.get(("/nodes", "", spec.get("nodeName") or ""))
    if spec.get("nodeName"):
        bound.append(Bound("Node", spec["nodeName"], node["metadata"]["uid"] if node else ""))
    return bound
