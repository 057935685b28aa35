"""What is asked of both servers while they audit: by whom, in the order in which it is asked, and what stands before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from webhook_program import Behaviour, patch, response

from .conversation_steps import MERGE, NAME, questions
from .object_kinds import STORED, legal

Object = dict[str, Any]
_MAPS = "/api/v1/namespaces/default/configmaps"
_PODS = "/api/v1/namespaces/default/pods"
_HELD = "/api/v1/namespaces/held/pods"
_DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
_ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_CLAIMS = "/apis/resource.k8s.io/v1beta1/namespaces/default/resourceclaims"
_SPEC = {"containers": [{"name": "c", "image": "i"}], "automountServiceAccountToken": False}
_BAD = {**_SPEC, "hostNetwork": True}
_SECURITY = "pod-security.kubernetes.io/"
# Kinds that are asked about from their first object to their last.
_KINDS = ("configmaps", "secrets", "leases", "priorityclasses", "resourceclaims", "deployments")


class Asking(NamedTuple):
    """One request; `who` is empty for the administrator, `-` for nobody, `x` with a bad token, and else the token's account."""

    verb: str
    path: str
    body: Any = None
    media: str = "application/json"
    accept: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    who: str = ""


def _as(user: str, *groups: str, **extra: str) -> tuple[tuple[str, str], ...]:
    told = (("Impersonate-User", user), *(("Impersonate-Group", one) for one in groups[:1]))
    return (*told, *((f"Impersonate-Extra-{key}", value) for key, value in extra.items()))


def _named(name: str, **parts: Any) -> Object:
    return {"metadata": {"name": name}, **parts}


BEHAVIOURS: dict[str, Behaviour] = {
    "add": lambda review: (
        200,
        response(
            review,
            auditAnnotations={"why": "it was <asked> for", "Bad Key": "x"},
            **patch({"op": "add", "path": "/data", "value": {"added": "a&b"}}),
        ),
    ),
    "leave": lambda review: (200, response(review)),
    "refuse": lambda review: (
        200,
        response(review, allowed=False, status={"message": "no"}, auditAnnotations={"why": "no"}),
    ),
    "fail": lambda review: (500, "oh"),
}


def webhooks(config: Any) -> Iterator[tuple[str, Object]]:
    """Webhooks for objects with their labels; `config` makes of a behaviour's name how it is reached."""
    rule = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}

    def hook(name: str, behaviour: str, **parts: Any) -> Object:
        return {
            "name": f"{name}.example.com",
            "clientConfig": config(behaviour),
            "rules": [rule],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "objectSelector": {"matchExpressions": [{"key": behaviour, "operator": "Exists"}]},
            **parts,
        }

    mutating = [
        {**hook("nothing", "none"), "rules": []},
        hook("a-leave", "leave", reinvocationPolicy="IfNeeded"),
        hook("b-add", "add", reinvocationPolicy="IfNeeded"),
        hook("c-fail", "fail", failurePolicy="Ignore"),
    ]
    validating = [
        hook("v-leave", "leave"),
        hook("v-fail", "fail", failurePolicy="Ignore"),
        hook("v-refuse", "refuse"),
    ]
    yield f"{_ADMISSION}/mutatingwebhookconfigurations", _named("n", webhooks=[hook("d-leave", "leave")])
    yield f"{_ADMISSION}/mutatingwebhookconfigurations", _named("m", webhooks=mutating)
    yield f"{_ADMISSION}/validatingwebhookconfigurations", _named("v", webhooks=validating)


def policies() -> Iterator[tuple[str, Object]]:
    """Admission policies for objects with their labels, and their bindings."""
    rule = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}

    def policy(name: str, **spec: Any) -> tuple[str, Object]:
        where = {
            "resourceRules": [rule],
            "objectSelector": {"matchExpressions": [{"key": name, "operator": "Exists"}]},
        }
        return f"{_ADMISSION}/validatingadmissionpolicies", _named(
            f"{name}.example.com", spec={"matchConstraints": where, **spec}
        )

    def binding(name: str, of: str, *actions: str) -> tuple[str, Object]:
        spec = {"policyName": f"{of}.example.com", "validationActions": list(actions)}
        return f"{_ADMISSION}/validatingadmissionpolicybindings", _named(name, spec=spec)

    no = {"expression": "object == null", "message": "<no>"}
    yes = {"expression": "true"}
    yield policy("told", validations=[yes, no, no])
    yield binding("told", "told", "Audit", "Warn")
    yield policy("refused", validations=[no])
    yield binding("refused-1", "refused", "Audit")
    yield binding("refused-2", "refused", "Deny", "Audit")
    yield policy("broken", validations=[{"expression": "object.nothing == 1"}])
    yield binding("broken", "broken", "Audit")
    yield policy("ignored", validations=[{"expression": "object.nothing == 1"}], failurePolicy="Ignore")
    yield binding("ignored", "ignored", "Audit")
    annotations = [
        {"key": "name", "valueExpression": "'  it is ' + object.metadata.name"},
        {"key": "nothing", "valueExpression": "null"},
        {"key": "empty", "valueExpression": "' '"},
        {"key": "long", "valueExpression": "'x'.replace('x', '" + "ab" * 500 + "')"},
    ]
    yield policy("noted", auditAnnotations=annotations)
    yield binding("noted", "noted", "Audit")
    yield binding("noted-again", "noted", "Deny")
    yield policy("misnoted", auditAnnotations=[{"key": "k", "valueExpression": "string(object.nothing)"}])
    yield binding("misnoted", "misnoted", "Audit")


def furniture() -> Iterator[tuple[str, Object]]:
    """What else stands before it."""
    levels = {"enforce": "baseline", "audit": "restricted", "warn": "restricted", "enforce-version": "v1.30"}
    labels = {f"pod-security.kubernetes.io/{key}": value for key, value in levels.items()}
    yield "/api/v1/namespaces", {"metadata": {"name": "held", "labels": labels}}
    yield "/api/v1/namespaces/held/serviceaccounts", _named("default")
    told = {"pod-security.kubernetes.io/audit": "baseline"}
    yield "/api/v1/namespaces", {"metadata": {"name": "told", "labels": told}}
    yield "/api/v1/namespaces/told/serviceaccounts", _named("default")
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    subjects = [{"kind": "User", "name": "viewer"}, {"kind": "Group", "name": "viewers"}]
    yield (
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        _named("viewers", roleRef=role, subjects=subjects),
    )
    missing = {**role, "name": "nowhere"}
    yield (
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        _named("missing", roleRef=missing, subjects=[{"kind": "User", "name": "lost"}]),
    )


def probes() -> Iterator[tuple[Asking, Callable[[int, Object], bool]]]:
    """What is answered so once a server knows of all of this."""

    def labelled(name: str) -> Asking:
        return Asking("POST", f"{_MAPS}?dryRun=All", {"metadata": {"name": "probe", "labels": {name: ""}}})

    for name in ("refused", "misnoted", "refuse"):
        yield labelled(name), lambda code, body: code != 201
    yield labelled("add"), lambda code, body: "data" in body
    yield Asking("POST", f"{_HELD}?dryRun=All", _named("probe", spec=_BAD)), lambda code, body: code == 403
    yield Asking("GET", _MAPS, headers=_as("lost")), lambda code, body: "nowhere" in body["message"]


def requests() -> list[Asking]:
    """All of them."""
    return [*_about_kinds(), *_by_others(), *_below(), *_reviews(), *_paths(), *_admitted(), *_long()]


def _about_kinds() -> Iterator[Asking]:
    for kind in STORED:
        if kind.plural in _KINDS and kind.version == "v1":
            for _, verb, path, body, media, accept in questions(kind):
                yield Asking(verb, path, body, media, accept)
    old = {"metadata": {"name": "old"}, "spec": {"devices": {"requests": []}}}
    yield Asking("POST", _CLAIMS, old)
    yield Asking("GET", f"{_CLAIMS}/old")
    yield Asking("PUT", f"{_CLAIMS}/old", old)
    yield Asking("GET", f"{_CLAIMS}?limit=1")
    yield Asking("GET", f"{_CLAIMS}/old", headers=_as("lost"))
    yield Asking("DELETE", f"{_CLAIMS}/old", {"kind": "DeleteOptions", "apiVersion": "v1"})


def _by_others() -> Iterator[Asking]:
    users = (
        _as("viewer"),
        _as("lost"),
        _as("somebody", "viewers"),
        _as("somebody", "system:masters"),
        _as("somebody", **{"Example.com%2fkey": "value"}),
        _as("system:node:here", "system:nodes"),
        _as("system:serviceaccount:default:default"),
        _as("system:anonymous"),
        (("Impersonate-Group", "viewers"),),
        (("Impersonate-User", "viewer"), ("Impersonate-Uid", "7")),
    )
    for headers in users:
        yield Asking("GET", _MAPS, headers=headers)
        yield Asking("GET", "/api/v1/nodes/here", headers=headers)
        yield Asking("POST", f"{_MAPS}?dryRun=All", _named("x"), headers=headers)
        yield Asking("GET", "/version", headers=headers)
        yield Asking("DELETE", f"{_PODS}/x", headers=headers)
    for who in ("-", "x", "default"):
        for path in (_MAPS, "/version", "/healthz", "/apis", "/nothing", f"{_MAPS}?watch=1&timeoutSeconds=1"):
            yield Asking("GET", path, who=who)
        yield Asking("POST", _MAPS, _named("x"), who=who)
    yield Asking("GET", _MAPS, who="default", headers=_as("viewer"))
    basic = (("Authorization", "Basic YTpi"),)
    yield Asking("GET", "/version", headers=basic, who="-")
    proxied = (("X-Forwarded-For", "1.2.3.4, 5.6.7.8"), ("X-Real-Ip", "9.9.9.9"), ("User-Agent", "x" * 1500))
    yield Asking("GET", f"{_MAPS}?limit=1", headers=proxied)


def _below() -> Iterator[Asking]:
    yield Asking("POST", _PODS, _named("p", spec=_SPEC))
    yield Asking("GET", f"{_PODS}/p")
    yield Asking("PUT", f"{_PODS}/p", _named("p", spec={**_SPEC, "hostname": "x"}))
    status = {"status": {"message": "well"}}
    yield Asking("PATCH", f"{_PODS}/p/status", status, MERGE)
    yield Asking("GET", f"{_PODS}/p/log")
    yield Asking("GET", f"{_PODS}/p/exec?command=ls&container=c")
    yield Asking("POST", f"{_PODS}/p/attach")
    yield Asking("POST", f"{_PODS}/nobody/portforward")
    target = {"target": {"kind": "Node", "name": "nowhere"}}
    yield Asking(
        "POST", f"{_PODS}/p/binding", {"kind": "Binding", "apiVersion": "v1", **_named("p", **target)}
    )
    yield Asking(
        "POST", f"{_PODS}/p/eviction", {"kind": "Eviction", "apiVersion": "policy/v1", **_named("p")}
    )
    yield Asking(
        "POST",
        f"{_PODS}/nobody/eviction",
        {"kind": "Eviction", "apiVersion": "policy/v1", **_named("nobody")},
    )
    yield Asking("GET", f"{_PODS}/p/nothing")
    yield Asking("DELETE", f"{_PODS}/p?gracePeriodSeconds=0")
    deployment = next(one for one in STORED if one.plural == "deployments")
    yield Asking("POST", _DEPLOYMENTS, legal(deployment))
    scale = {"kind": "Scale", "apiVersion": "autoscaling/v1", **_named(NAME, spec={"replicas": 2})}
    scale["metadata"]["namespace"] = "default"
    yield Asking("GET", f"{_DEPLOYMENTS}/{NAME}/scale")
    yield Asking("PUT", f"{_DEPLOYMENTS}/{NAME}/scale", scale)
    yield Asking("PATCH", f"{_DEPLOYMENTS}/{NAME}/scale", {"spec": {"replicas": 3}}, MERGE)
    yield Asking("PATCH", f"{_DEPLOYMENTS}/{NAME}/status", {"status": {"replicas": 1}}, MERGE)
    yield Asking("DELETE", f"{_DEPLOYMENTS}/{NAME}")
    token = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {"audiences": ["a"]}}
    yield Asking("POST", f"{_ACCOUNTS}/default/token", token)
    yield Asking("POST", f"{_ACCOUNTS}/default/token", {**token, "metadata": {"uid": "other"}})
    yield Asking("POST", f"{_ACCOUNTS}/nobody/token", token)
    told = {"metadata": {"name": "told", "labels": {f"{_SECURITY}audit": "baseline"}}}
    finalized = {**told, "spec": {"finalizers": ["kubernetes"]}}
    yield Asking("PUT", "/api/v1/namespaces/told/finalize", finalized)
    yield Asking("GET", "/api/v1/namespaces/told/status")


def _reviews() -> Iterator[Asking]:
    group = "authorization.k8s.io"
    attributes = {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "default"}}
    for plural, kind, spec, home in (
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview", attributes, ""),
        ("subjectaccessreviews", "SubjectAccessReview", {**attributes, "user": "viewer"}, ""),
        ("subjectaccessreviews", "SubjectAccessReview", {}, ""),
        ("localsubjectaccessreviews", "LocalSubjectAccessReview", {**attributes, "user": "x"}, "default"),
        ("selfsubjectrulesreviews", "SelfSubjectRulesReview", {"namespace": "default"}, ""),
    ):
        below = f"namespaces/{home}/" if home else ""
        meta = {"metadata": {"namespace": home}} if home else {}
        body = {"kind": kind, "apiVersion": f"{group}/v1", "spec": spec, **meta}
        yield Asking("POST", f"/apis/{group}/v1/{below}{plural}", body, headers=() if home else _as("viewer"))
        yield Asking("POST", f"/apis/{group}/v1/{below}{plural}", body)
    review = {"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "spec": {"token": "x"}}
    yield Asking("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    myself = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
    yield Asking("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", myself)


def _paths() -> Iterator[Asking]:
    for path in (
        "/",
        "/version",
        "/healthz",
        "/livez/ping",
        "/api",
        "/api/v1",
        "/apis",
        "/apis/apps",
        "/apis/apps/v1",
        "/apis/nothing.example.com/v1/things",
        "/apis/apps/v9",
        "/apis/apps/v1/nothing",
        "/api/v1/nothing/x",
        "/api/v1/namespaces/default/nothing",
        "/openid/v1/jwks",
        "/openapi/v3",
        "/nowhere",
        "/api/v1/namespaces/default/configmaps/a%20b?x=%2f",
        "/api/v1/watch/namespaces/default/configmaps?timeoutSeconds=1",
    ):
        yield Asking("GET", path)
    yield Asking("POST", "/version", {})
    yield Asking("DELETE", "/apis")
    yield Asking("HEAD", "/version")
    yield Asking("HEAD", _MAPS)


def _admitted() -> Iterator[Asking]:
    for name in (
        "told",
        "refused",
        "broken",
        "ignored",
        "noted",
        "misnoted",
        "add",
        "leave",
        "refuse",
        "fail",
    ):
        obj = {"metadata": {"name": f"by-{name}", "labels": {name: ""}}}
        yield Asking("POST", _MAPS, obj)
        yield Asking("PATCH", f"{_MAPS}/by-{name}", {"data": {"a": "b"}}, MERGE)
        yield Asking("POST", f"{_MAPS}?dryRun=All", obj)
    both = {
        "metadata": {
            "name": "several",
            "labels": dict.fromkeys(("told", "noted", "add", "leave", "fail"), ""),
        }
    }
    yield Asking("POST", _MAPS, both)
    for home in ("held", "told", "default"):
        path = f"/api/v1/namespaces/{home}"
        for name, spec in (("good", _SPEC), ("bad", _BAD)):
            yield Asking("POST", f"{path}/pods", _named(name, spec=spec))
            image = {"spec": {"containers": [{"name": "c", "image": "other"}]}}
            yield Asking("PATCH", f"{path}/pods/{name}", image, "application/strategic-merge-patch+json")
            template = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
            made = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
            yield Asking("POST", f"/apis/apps/v1/namespaces/{home}/deployments", _named(name, spec=made))
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "none"}}}
    yield Asking("PATCH", "/api/v1/namespaces/told", labels, MERGE)
    stricter = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    yield Asking("PATCH", "/api/v1/namespaces/told", stricter, MERGE)


def _long() -> Iterator[Asking]:
    yield Asking("GET", f"{_MAPS}?watch=1&timeoutSeconds=1")
    yield Asking("GET", f"{_MAPS}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dx")
    yield Asking("GET", f"{_CLAIMS}?watch=1&timeoutSeconds=1")
    yield Asking("GET", f"{_MAPS}?watch=1&resourceVersion=x")
    yield Asking("GET", f"{_MAPS}?watch=1", headers=_as("lost"))
    yield Asking("GET", f"{_MAPS}?watch=1&labelSelector=a%3D%3D%3Db")
