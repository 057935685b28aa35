"""What the audit log has of requests, at each level and stage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drakkar.apiserver.resources import rest

from ..auditing import world
from ..callers import ALICE, MASTER

_PODS = "/api/v1/namespaces/a/pods"
_MAPS = "/api/v1/namespaces/a/configmaps"
_JSON = "application/json"


async def test_a_request_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Metadata}]")
    began, ended = found.events(
        ALICE, "GET", f"{_PODS}/p%41?x=%20", **{"audit-id": "mine", "user-agent": "me"}
    )
    same = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": "mine",
        "requestURI": f"{_PODS}/p%41?x=%20",
        "verb": "get",
        "user": {"username": "alice", "groups": ["system:authenticated"]},
        "userAgent": "me",
        "objectRef": {"resource": "pods", "namespace": "a", "name": "pA", "apiVersion": "v1"},
        "requestReceivedTimestamp": began["requestReceivedTimestamp"],
    }
    assert began == {**same, "stage": "RequestReceived", "stageTimestamp": began["requestReceivedTimestamp"]}
    why = (
        'pods "pA" is forbidden: User "alice" cannot get resource "pods" in API group "" in the namespace "a"'
    )
    status = {"status": "Failure", "reason": "Forbidden", "message": why, "code": 403}
    details = {"name": "pA", "kind": "pods"}
    assert ended == {
        **same,
        "stage": "ResponseComplete",
        "stageTimestamp": ended["stageTimestamp"],
        "responseStatus": {"metadata": {}, **status, "details": details},
        "annotations": {"authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": ""},
    }
    assert ended["stageTimestamp"] >= began["stageTimestamp"]


async def test_what_is_told_of_nobody_is_not(tmp_path: Path) -> None:
    found = await world(
        tmp_path,
        "[{level: None, users: [alice]}, {level: Metadata, resources: [{resources: [pods]}], omitStages: [RequestReceived]}]",
    )
    assert found.events(ALICE, "GET", _PODS) == found.events(MASTER, "GET", _MAPS) == []
    assert [one["stage"] for one in found.events(MASTER, "GET", _PODS)] == ["ResponseComplete"]
    numbers = found.server.asks(MASTER, "GET", "/metrics").text
    assert 'apiserver_audit_level_total{level="Metadata"} 1.0' in numbers


async def test_who_is_not_known_is_told_once(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: RequestResponse}]")
    (told,) = found.events(None, "GET", _PODS, authorization="Bearer x.y.z")
    assert (told["stage"], told["user"]) == ("ResponseStarted", {})
    assert told["responseStatus"]["message"] == "Unauthorized" and told["responseStatus"]["code"] == 401
    assert told["responseObject"]["reason"] == "Unauthorized" and "annotations" not in told


async def test_bodies_by_level(tmp_path: Path) -> None:
    found = await world(
        tmp_path,
        """
- {level: Metadata, resources: [{resources: [secrets]}]}
- {level: Request, resources: [{resources: [configmaps]}], omitManagedFields: true}
- {level: RequestResponse, resources: [{resources: [events]}]}
- {level: RequestResponse, omitManagedFields: true}""",
    )
    secret = {"metadata": {"name": "s"}, "stringData": {"a": "hidden"}}
    told = found.last(MASTER, "POST", "/api/v1/namespaces/a/secrets", secret)
    assert "hidden" not in json.dumps(told) and told["objectRef"]["name"] == "s"
    assert told["responseStatus"] == {"metadata": {}, "code": 201}
    listed = found.last(MASTER, "GET", "/api/v1/namespaces/a/secrets")
    assert "responseObject" not in listed
    made = found.last(MASTER, "POST", _MAPS, {"metadata": {"name": "m"}, "data": {"a": "b"}})
    assert made["requestObject"]["data"] == {"a": "b"} and "responseObject" not in made
    patched = found.last(MASTER, "PATCH", f"{_MAPS}/m", {"data": {"a": "c"}})
    assert patched["requestObject"] == {"data": {"a": "c"}}
    gone = found.last(MASTER, "DELETE", f"{_MAPS}/m", {"gracePeriodSeconds": 0})
    assert gone["requestObject"]["gracePeriodSeconds"] == 0 and gone["responseStatus"]["status"] == "Success"
    space = found.last(MASTER, "POST", "/api/v1/namespaces", {"metadata": {"name": "b"}})
    assert space["responseObject"]["metadata"]["name"] == "b"
    assert "managedFields" not in space["responseObject"]["metadata"]
    spaces = found.last(MASTER, "GET", "/api/v1/namespaces")["responseObject"]["items"]
    assert len(spaces) > 4 and not any("managedFields" in one["metadata"] for one in spaces)


async def test_a_long_answer_is_told_whole(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: RequestResponse, resources: [{resources: [configmaps]}]}]")
    big = {"metadata": {"name": "m"}, "data": {"a": "x" * 300_000}}
    told = found.last(MASTER, "POST", _MAPS, big)
    assert told["requestObject"]["data"] == told["responseObject"]["data"] == big["data"]
    assert found.last(MASTER, "GET", _MAPS)["responseObject"]["items"][0]["data"] == big["data"]


async def test_what_is_not_read_is_not_told(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Request}]")
    for body in ({"metadata": {"name": "m"}, "data": 3}, {"metadata": {"name": "m"}, "data": {"a": 3}}):
        told = found.last(MASTER, "POST", _MAPS, body)
        assert told["responseStatus"]["code"] == 400
        assert "requestObject" not in told and "name" not in told["objectRef"]
    unknown = {"metadata": {"name": "m"}, "more": 1}
    assert "requestObject" not in found.last(MASTER, "POST", f"{_MAPS}?fieldValidation=Strict", unknown)
    assert found.last(MASTER, "PUT", f"{_MAPS}/m", unknown)["requestObject"]["metadata"] == {"name": "m"}


async def test_somebody_else(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Metadata, users: [root]}]")
    # There is a mode for this; what is done the old way is told by no verb.
    told = found.last(MASTER, "GET", "/version", **{"impersonate-user": "bob"})
    assert told["authenticationMetadata"] == {"impersonationConstraint": "impersonate:user-info"}
    bob = {"impersonate-user": "bob", "impersonate-group": "devs", "impersonate-extra-a": "b"}
    told = found.last(MASTER, "GET", "/version", **bob)
    assert told["user"]["username"] == "root"
    assert told["impersonatedUser"] == {
        "username": "bob",
        "groups": ["devs", "system:authenticated"],
        "extra": {"a": ["b"]},
    }
    assert "authenticationMetadata" not in told and "objectRef" not in told


async def test_a_failure_that_nothing_foresaw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await world(tmp_path, "[{level: Metadata}]")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rest.Rest, "listing", broken)
    told = found.events(MASTER, "GET", _PODS)
    assert [one["stage"] for one in told] == ["RequestReceived", "Panic"]
    assert told[1]["responseStatus"] == {
        "metadata": {},
        "status": "Failure",
        "message": "APIServer panic'd: ZeroDivisionError",
        "reason": "InternalError",
        "code": 500,
    }


async def test_watches_and_logs_are_told_when_they_begin(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: RequestResponse, verbs: [watch, get]}]")
    told = found.events(MASTER, "GET", f"{_PODS}?watch=1&timeoutSeconds=1")
    assert [one["stage"] for one in told] == ["RequestReceived", "ResponseStarted", "ResponseComplete"]
    assert all("responseObject" not in one for one in told)
    refused = found.events(ALICE, "GET", f"{_PODS}?watch=1")
    assert [one.get("responseStatus", {}).get("reason") for one in refused] == [
        None,
        "Forbidden",
        "Forbidden",
    ]
    assert "responseObject" in refused[1]
    log = found.events(MASTER, "GET", f"{_PODS}/p/log")
    assert [one["stage"] for one in log] == ["RequestReceived", "ResponseStarted", "ResponseComplete"]


async def test_an_old_version_is_told_so(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Metadata}]")
    claims = "/apis/resource.k8s.io/v1beta1/namespaces/a/resourceclaims"
    annotations = found.last(MASTER, "GET", claims)["annotations"]
    assert annotations["k8s.io/deprecated"] == "true" and annotations["k8s.io/removed-release"].startswith(
        "1."
    )


async def test_where_requests_come_from(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Metadata}]")
    proxies = {"x-forwarded-for": "1.2.3.4, x, ::1", "x-real-ip": "5.6.7.8"}
    assert found.last(MASTER, "GET", "/version", **proxies)["sourceIPs"][:3] == ["1.2.3.4", "::1", "5.6.7.8"]
    agent = found.last(MASTER, "GET", "/version", **{"user-agent": "x" * 2000})["userAgent"]
    assert agent == f"{'x' * 1024}...TRUNCATED"


async def test_tokens_are_known_by_their_ids(tmp_path: Path) -> None:
    found = await world(
        tmp_path, "[{level: RequestResponse, resources: [{resources: [serviceaccounts/token]}]}]"
    )
    told = found.last(MASTER, "POST", "/api/v1/namespaces/a/serviceaccounts/app/token", {"spec": {}})
    issued = told["annotations"]["authentication.kubernetes.io/issued-credential-id"]
    assert issued.startswith("JTI=") and told["responseObject"]["status"]["token"]


async def test_pod_security_is_noted(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Metadata, resources: [{}, {group: apps}]}]")
    labels = {f"pod-security.kubernetes.io/{mode}": "baseline" for mode in ("enforce", "audit")}
    found.server.asks(MASTER, "PATCH", "/api/v1/namespaces/a", {"metadata": {"labels": labels}})
    spec = {"hostNetwork": True, "containers": [{"name": "c", "image": "i"}]}
    pod = {"metadata": {"name": "p"}, "spec": spec}
    told = found.last(MASTER, "POST", _PODS, pod)
    noted = {key: value for key, value in told["annotations"].items() if "pod-security" in key}
    assert told["responseStatus"]["code"] == 403
    assert noted == {
        "pod-security.kubernetes.io/enforce-policy": "baseline:latest",
        "pod-security.kubernetes.io/audit-violations": 'would violate PodSecurity "baseline:latest": host namespaces '
        "(hostNetwork=true)",
    }
    template = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
    made = {
        "metadata": {"name": "d"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    told = found.last(MASTER, "POST", "/apis/apps/v1/namespaces/a/deployments", made)
    assert "pod-security.kubernetes.io/audit-violations" in told["annotations"]


async def test_policies_are_noted(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Metadata, resources: [{resources: [configmaps]}]}]")
    group = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "true"}, {"expression": "false", "message": "no <a>"}],
        "auditAnnotations": [
            {"key": "name", "valueExpression": "'it is ' + object.metadata.name"},
            {"key": "none", "valueExpression": "null"},
        ],
    }
    found.server.make(f"{group}ies", {"metadata": {"name": "p.x"}, "spec": spec})
    bound = {"policyName": "p.x", "validationActions": ["Audit", "Warn"]}
    found.server.make(f"{group}ybindings", {"metadata": {"name": "b"}, "spec": bound})
    noted = found.last(MASTER, "POST", _MAPS, {"metadata": {"name": "m"}})["annotations"]
    assert noted["p.x/name"] == "it is m" and "p.x/none" not in noted
    failure = noted["validation.policy.admission.k8s.io/validation_failure"]
    assert failure == (
        '[{"message":"no \\u003ca\\u003e","policy":"p.x","binding":"b","expressionIndex":1,'
        '"validationActions":["Audit","Warn"]}]'
    )


async def test_a_method_that_nothing_knows_is_told_and_no_way_past_the_gate(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Metadata}]")
    for path, wanted in ((f"{_MAPS}/x", 405), ("/version", 405), ("/api/v1", 405), ("/nope", 404)):
        for method in ("PURGE", "TRACE", "PROPFIND"):
            for peer, name, code in (
                (MASTER, "root", wanted),
                (ALICE, "alice", 403),
                (None, "system:anonymous", 403),
            ):
                last = found.last(peer, method, path)
                assert (last["user"]["username"], last["responseStatus"]["code"]) == (name, code), last
