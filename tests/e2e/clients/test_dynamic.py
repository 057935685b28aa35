"""The official Python client's dynamic half, which goes by discovery alone."""

from __future__ import annotations

import pytest
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic import exceptions as dynamic_errors

from .following import JSON, MERGE, SECONDS, STRATEGIC

pytestmark = pytest.mark.e2e
_EXACTLY = {"deviceClassName": "gpu.example.com", "allocationMode": "ExactCount", "count": 1}
_REQUEST = {"name": "gpu", "exactly": _EXACTLY}


def test_the_dynamic_client_finds_kinds_and_does_every_verb(dynamic: DynamicClient, namespace: str) -> None:
    claims = dynamic.resources.get(api_version="resource.k8s.io/v1", kind="ResourceClaim")
    assert claims.namespaced and dynamic.resources.get(kind="Pod", api_version="v1").name == "pods"
    body = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": "claim"},
        "spec": {"devices": {"requests": [_REQUEST]}},
    }
    made = claims.create(body=body, namespace=namespace)
    assert claims.get(name="claim", namespace=namespace).metadata.uid == made.metadata.uid
    for kind, change in (
        (STRATEGIC, {"metadata": {"labels": {"strategic": "1"}}}),
        (MERGE, {"metadata": {"labels": {"merge": "1"}}}),
        (JSON, [{"op": "add", "path": "/metadata/labels/json", "value": "1"}]),
    ):
        claims.patch(name="claim", namespace=namespace, body=change, content_type=kind)
    body["metadata"] = {"name": "claim", "labels": {"applied": "1"}}
    applied = claims.server_side_apply(body=body, namespace=namespace, field_manager="dynamic")
    assert set(applied.metadata.labels.to_dict()) == {"strategic", "merge", "json", "applied"}
    body["metadata"]["labels"]["json"] = "2"
    with pytest.raises(dynamic_errors.ConflictError):
        claims.server_side_apply(body=body, namespace=namespace, field_manager="dynamic")
    forced = claims.server_side_apply(
        body=body, namespace=namespace, field_manager="dynamic", force_conflicts=True
    )
    assert forced.metadata.labels.json == "2"
    changed = forced.to_dict()
    changed["metadata"]["labels"] = {"replaced": "1"}
    assert claims.replace(body=changed, namespace=namespace).metadata.labels.to_dict() == {"replaced": "1"}
    assert len(claims.get(namespace=namespace, label_selector="replaced=1").items) == 1
    kinds = []
    for event in claims.watch(namespace=namespace, timeout=SECONDS, resource_version="0"):
        kinds.append(event["type"])
        if event["type"] == "DELETED":
            break
        claims.delete(name="claim", namespace=namespace)
    assert kinds == ["ADDED", "DELETED"]
    with pytest.raises(dynamic_errors.NotFoundError):
        claims.get(name="claim", namespace=namespace)


def test_a_watch_can_begin_with_what_is_there(dynamic: DynamicClient, namespace: str) -> None:
    maps = dynamic.resources.get(api_version="v1", kind="ConfigMap")
    for name in ("a", "b"):
        maps.create(body={"metadata": {"name": name}}, namespace=namespace)
    seen: list[str] = []
    for event in maps.watch(
        namespace=namespace,
        timeout=SECONDS,
        allow_watch_bookmarks=True,
        send_initial_events=True,
        resource_version_match="NotOlderThan",
    ):
        if event["type"] == "BOOKMARK":
            notes = event["raw_object"]["metadata"]["annotations"]
            assert notes["k8s.io/initial-events-end"] == "true"
            break
        seen.append(event["object"].metadata.name)
    assert sorted(name for name in seen if name != "kube-root-ca.crt") == ["a", "b"]
