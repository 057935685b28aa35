"""Reviews: who am I, who is this token, may I, may they. Nothing of them is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from drakkar.apiserver import errors
from drakkar.apiserver.authentication import Unauthorized, User
from drakkar.apiserver.kinds import Kind
from drakkar.apiserver.rbac import Attributes

Object = dict[str, Any]


class Judge(Protocol):
    """What reviews ask: the same that stands before every request."""

    def allows(self, user: User, asked: Attributes) -> bool:
        """Whether the user may."""

    def rules(self, user: User, namespace: str) -> Iterable[Object]:
        """The rules that are bound to the user in a namespace."""

    def token_user(self, token: str, audiences: Sequence[str]) -> User:
        """The user of a token; raises Unauthorized."""

    @property
    def issuer_name(self) -> str:
        """The audience of tokens that name none."""


def _user_info(user: User) -> Object:
    info: Object = {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        info["uid"] = user.uid
    if user.extra:
        info["extra"] = {key: list(values) for key, values in user.extra.items()}
    return info


def answer(kind: Kind, namespace: str, obj: Object, user: User, judge: Judge) -> Object:
    """The review with its status filled; `user` is who asks. Raises StatusError."""
    spec: Object = obj.get("spec") or {}
    match kind.kind:
        case "SelfSubjectReview":
            status: Object = {"userInfo": _user_info(user)}
        case "TokenReview":
            status = _token(spec, judge)
        case "SelfSubjectRulesReview":
            status = _rules(spec, user, judge)
        case "SelfSubjectAccessReview":
            status = _access(kind, spec, user, judge)
        case _:
            if kind.kind == "LocalSubjectAccessReview":
                inner = (spec.get("resourceAttributes") or {}).get("namespace")
                if inner != namespace:
                    cause = errors.Cause.invalid(
                        "spec.resourceAttributes.namespace",
                        f'"{inner}"',
                        f"must match metadata.namespace: {namespace}",
                    )
                    raise errors.invalid(kind.group, kind.kind, "", [cause])
            status = _access(kind, spec, _subject(kind, spec), judge)
    meta = dict(obj.get("metadata") or {})
    meta.pop("managedFields", None)
    return {**obj, "kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta, "status": status}


def _subject(kind: Kind, spec: Object) -> User:
    if not spec.get("user") and not spec.get("groups"):
        cause = errors.Cause.required("spec.user", "at least one of user or group must be specified")
        raise errors.invalid(kind.group, kind.kind, "", [cause])
    return User(str(spec.get("user", "")), tuple(spec.get("groups") or ()), str(spec.get("uid", "")))


def _token(spec: Object, judge: Judge) -> Object:
    audiences: list[str] = spec.get("audiences") or []
    try:
        user = judge.token_user(str(spec.get("token", "")), audiences)
    except Unauthorized:
        return {"user": {}, "error": "invalid bearer token"}
    return {"authenticated": True, "user": _user_info(user), "audiences": audiences or [judge.issuer_name]}


def _access(kind: Kind, spec: Object, user: User, judge: Judge) -> Object:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) is (path is None):
        said = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        cause = errors.Cause.invalid("spec.resourceAttributes", "null", said)
        raise errors.invalid(kind.group, kind.kind, "", [cause])
    if path is not None:
        asked = Attributes(str(path.get("verb", "")), path=str(path.get("path", "")))
    else:
        fields = ("verb", "group", "resource", "subresource", "namespace", "name")
        asked = Attributes(*(str((resource or {}).get(field, "")) for field in fields))
    return {"allowed": judge.allows(user, asked)}


def _rules(spec: Object, user: User, judge: Judge) -> Object:
    namespace = str(spec.get("namespace", ""))
    if not namespace:
        raise errors.bad_request("no namespace on request")
    resources: list[Object] = []
    paths: list[Object] = []
    for rule in judge.rules(user, namespace):
        if rule.get("nonResourceURLs"):
            paths.append({"verbs": rule.get("verbs") or [], "nonResourceURLs": rule["nonResourceURLs"]})
        else:
            fields = ("verbs", "apiGroups", "resources", "resourceNames")
            resources.append({field: rule[field] for field in fields if rule.get(field)})
    return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}
