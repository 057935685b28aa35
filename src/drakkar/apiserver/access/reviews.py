"""Reviews: who am I, who is this token, may I, may they. Nothing of them is stored."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Protocol

from drakkar.api.object import Object
from drakkar.api.time import time_text
from drakkar.apiserver import errors
from drakkar.apiserver.access import request_info
from drakkar.apiserver.access.authentication import UnauthorizedError, User
from drakkar.apiserver.access.node_authorizer import node_of
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.requester import Judge
from drakkar.apiserver.kinds.kind import Kind
from drakkar.validation.field_error import FieldError


class Tokens(Judge, Protocol):
    """What reviews ask: the same that stands before every request."""

    def token_user(self, token: str, audiences: Sequence[str]) -> tuple[User, list[str]]:
        """The user of a token and which of the audiences it is for; raises UnauthorizedError."""

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


def answer(kind: Kind, namespace: str, obj: Object, user: User, judge: Tokens) -> Object:
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
                    cause = FieldError.invalid(
                        "spec.resourceAttributes.namespace",
                        f'"{inner}"',
                        f"must match metadata.namespace: {namespace}",
                    )
                    raise errors.invalid(kind.group, kind.kind, "", [cause])
            status = _access(kind, spec, _subject(kind, spec), judge)
    meta = dict(obj.get("metadata") or {})
    meta.pop("managedFields", None)
    if kind.kind == "SelfSubjectReview":
        meta["creationTimestamp"] = time_text(datetime.datetime.now(datetime.UTC))
    return {**obj, "kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta, "status": status}


def rules_told(kind: Kind, obj: Object, user: User, judge: Judge) -> int:
    """How many rules a review will list."""
    if kind.kind != "SelfSubjectRulesReview":
        return 0
    namespace = str((obj.get("spec") or {}).get("namespace", ""))
    return sum(len(grant.rules.rules) for grant in judge.bound(user, namespace).grants) if namespace else 0


def _subject(kind: Kind, spec: Object) -> User:
    if not spec.get("user") and not spec.get("groups"):
        cause = FieldError.required("spec.user", "at least one of user or group must be specified")
        raise errors.invalid(kind.group, kind.kind, "", [cause])
    extra = {str(key).lower(): tuple(values or ()) for key, values in (spec.get("extra") or {}).items()}
    return User(str(spec.get("user", "")), tuple(spec.get("groups") or ()), str(spec.get("uid", "")), extra)


def _token(spec: Object, judge: Tokens) -> Object:
    token = str(spec.get("token") or "")
    if not token:
        raise errors.bad_request("token is required for TokenReview in authentication")
    try:
        user, both = judge.token_user(token, spec.get("audiences") or [])
    except UnauthorizedError as failure:
        return {"user": {}, "error": str(failure)}
    return {"authenticated": True, "user": _user_info(user), "audiences": both}


def _access(kind: Kind, spec: Object, user: User, judge: Judge) -> Object:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) is (path is None):
        said = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        cause = FieldError.invalid("spec.resourceAttributes", "null", said)
        raise errors.invalid(kind.group, kind.kind, "", [cause])
    if path is not None:
        asked = Attributes(str(path.get("verb", "")), path=str(path.get("path", "")))
    else:
        fields = ("verb", "group", "resource", "subresource", "namespace", "name")
        asked = Attributes(
            **{field: str((resource or {}).get(field, "")) for field in fields}, fields=_pinned(resource)
        )
    verdict = judge.decide(user, asked)
    return {"allowed": verdict.allowed, **({"reason": verdict.reason} if verdict.reason else {})}


def _pinned(resource: Object | None) -> tuple[tuple[str, str], ...]:
    selector = (resource or {}).get("fieldSelector") or {}
    if selector.get("rawSelector"):
        return request_info.pinned(str(selector["rawSelector"]))
    return tuple(
        (str(term.get("key", "")), str(term["values"][0]))
        for term in selector.get("requirements") or ()
        if term.get("operator") == "In" and len(term.get("values") or ()) == 1
    )


def _rules(spec: Object, user: User, judge: Judge) -> Object:
    namespace = str(spec.get("namespace", ""))
    if not namespace:
        raise errors.bad_request("no namespace on request")
    resources: list[Object] = []
    paths: list[Object] = []
    for rule in judge.bound(user, namespace).rules:
        if rule.get("nonResourceURLs"):
            paths.append({"verbs": rule.get("verbs") or [], "nonResourceURLs": rule["nonResourceURLs"]})
        else:
            fields = ("verbs", "apiGroups", "resources", "resourceNames")
            resources.append({field: rule[field] for field in fields if rule.get(field)})
    found: Object = {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}
    if node_of(user) is not None:
        # What a node may depends on its pods, which no list of rules can say.
        said = "node authorizer does not support user rule resolution"
        found |= {"incomplete": True, "evaluationError": said}
    return found
