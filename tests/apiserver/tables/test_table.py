"""Tables: the columns kubectl knows, and the values that need working out."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from drakkar.apiserver.kinds.built_in import KINDS
from drakkar.apiserver.tables.cells import duration, selector, since
from drakkar.apiserver.tables.layout import Layout
from drakkar.apiserver.tables.table import ANY, columns, render

NOW = datetime.datetime(2026, 1, 2, 12, 0, 0, tzinfo=datetime.UTC)
MADE = "2026-01-02T11:46:18Z"
# Of every kind that is served.
LAYOUTS: dict[tuple[str, str], Layout] = {
    **{(kind.group, kind.kind): kind.strategy.columns for kind in KINDS if kind.strategy.columns is not ANY},
}


def row(group: str, kind: str, **parts: Any) -> list[Any]:
    metadata = {"name": "x", "creationTimestamp": MADE, **parts.pop("metadata", {})}
    table = render(LAYOUTS.get((group, kind), ANY), [{"metadata": metadata, **parts}], NOW)
    cells = table["rows"][0]["cells"]
    assert len(cells) == len(table["columnDefinitions"])
    return list(cells)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-0.5, "0s"),
        (119, "119s"),
        (120, "2m"),
        (222, "3m42s"),
        (780, "13m"),
        (179 * 60, "179m"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600, "8h"),
        (47 * 3600, "47h"),
        (49 * 3600, "2d1h"),
        (8 * 86400, "8d"),
        (729 * 86400, "729d"),
        (730 * 86400, "2y"),
        (735 * 86400, "2y5d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_since() -> None:
    assert since(MADE, NOW) == "13m"
    assert since("2026-01-02T11:59:59.500000Z", NOW) == "0s"
    assert since(None, NOW) == since("soon", NOW) == "<unknown>"


def test_selector() -> None:
    terms = [
        {"key": "a", "operator": "In", "values": ["2", "1"]},
        {"key": "b", "operator": "DoesNotExist"},
        {"key": "c", "operator": "Exists"},
    ]
    assert selector({"matchLabels": {"z": "1"}, "matchExpressions": terms}) == "a in (1,2),!b,c,z=1"
    assert selector({}) == selector(None) == "<none>"
    assert selector({"matchExpressions": [{"key": "a", "operator": "Near"}]}) == "<error>"


def pod(state: Any = None, **more: Any) -> list[Any]:
    status: dict[str, Any] = {"phase": "Running", **more.pop("status", {})}
    if state is not None:
        status["containerStatuses"] = state
    spec = {"containers": [{"name": "a"}], **more.pop("spec", {})}
    return row("", "Pod", spec=spec, status=status, **more)


RUNNING = {"name": "a", "ready": True, "state": {"running": {}}}


def test_running_pod() -> None:
    found = pod([RUNNING], status={"podIPs": [{"ip": "10.0.0.1"}]}, spec={"nodeName": "n"})
    assert found == ["x", "1/1", "Running", "0", "13m", "10.0.0.1", "n", "<none>", "<none>"]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"waiting": {"reason": "CrashLoopBackOff"}}, "CrashLoopBackOff"),
        ({"terminated": {"exitCode": 3}}, "ExitCode:3"),
        ({"terminated": {"signal": 9, "exitCode": 137}}, "Signal:9"),
        ({"terminated": {"reason": "OOMKilled", "exitCode": 137}}, "OOMKilled"),
    ],
)
def test_pod_words(state: Any, word: str) -> None:
    assert pod([{"name": "a", "state": state}])[1:3] == ["0/1", word]


def test_pod_that_is_half_completed() -> None:
    done = {"name": "b", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}
    two = {"containers": [{"name": "a"}, {"name": "b"}]}
    assert pod([done, RUNNING], spec=two)[1:3] == ["1/2", "NotReady"]
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    assert pod([done, RUNNING], spec=two, status=ready)[2] == "Running"


def test_pod_starting_deleted_gated_and_evicted() -> None:
    init = {"spec": {"initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}]}}
    ended = {"name": "i", "state": {"terminated": {"exitCode": 0}}}
    waiting = {"name": "s", "state": {"waiting": {"reason": "PodInitializing"}}}
    phase = {"phase": "Pending"}
    assert pod(status={**phase, "initContainerStatuses": [ended, waiting]}, **init)[1:3] == [
        "0/2",
        "Init:1/2",
    ]
    broken = {"name": "i", "state": {"terminated": {"exitCode": 1}}}
    assert pod(status={**phase, "initContainerStatuses": [broken]}, **init)[2] == "Init:ExitCode:1"
    sidecar = {"name": "s", "started": True, "ready": True, "state": {"running": {}}}
    assert pod([RUNNING], status={"initContainerStatuses": [ended, sidecar]}, **init)[1:3] == [
        "2/2",
        "Running",
    ]
    gone = {"deletionTimestamp": MADE}
    assert pod([RUNNING], metadata=gone)[2] == "Terminating"
    assert pod(metadata=gone, status={"phase": "Succeeded"})[2] == "Succeeded"
    gated = {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}
    assert pod(status={**phase, **gated})[2] == "SchedulingGated"
    assert pod(status={"phase": "Failed", "reason": "Evicted"})[2] == "Evicted"


def test_pod_restarts() -> None:
    last = {"terminated": {"finishedAt": "2026-01-02T11:59:00Z"}}
    assert pod([{**RUNNING, "restartCount": 2, "lastState": last}])[3] == "2 (60s ago)"
    assert pod([{**RUNNING, "restartCount": 2}])[3] == "2"


def test_claim_states() -> None:
    def state(status: Any, **metadata: Any) -> str:
        return str(row("resource.k8s.io", "ResourceClaim", metadata=metadata, status=status)[1])

    reserved = {"allocation": {}, "reservedFor": [{"uid": "1"}]}
    assert state({}) == "pending"
    assert state({"allocation": {}}) == "allocated"
    assert state(reserved) == "allocated,reserved"
    assert state({}, deletionTimestamp=MADE) == "deleted"
    assert state(reserved, deletionTimestamp=MADE) == "deleted,allocated,reserved"


def test_dra_and_cluster_rows() -> None:
    spec = {"nodeName": "n", "driver": "d", "pool": {"name": "p"}}
    assert row("resource.k8s.io", "ResourceSlice", spec=spec) == ["x", "n", "d", "p", "13m"]
    assert row("resource.k8s.io", "DeviceClass") == ["x", "13m"]
    node = row(
        "",
        "Node",
        metadata={"labels": {"node-role.kubernetes.io/control-plane": ""}},
        spec={"unschedulable": True},
        status={
            "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": {"kubeletVersion": "v1"},
            "addresses": [{"type": "InternalIP", "address": "10.0.0.2"}],
        },
    )
    assert node[1:7] == ["Ready,SchedulingDisabled", "control-plane", "13m", "v1", "10.0.0.2", "<none>"]
    assert row("", "Secret", type="Opaque", data={"a": "", "b": ""})[1:] == ["Opaque", 2, "13m"]
    assert row("rbac.authorization.k8s.io", "Role")[1] == MADE


def test_network_rows() -> None:
    ports = [{"port": 11434, "nodePort": 31277, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]
    service = {"type": "NodePort", "clusterIP": "10.96.0.9", "ports": ports, "selector": {"b": "2", "a": "1"}}
    assert row("", "Service", spec=service)[1:] == [
        "NodePort",
        "10.96.0.9",
        "<none>",
        "11434:31277/TCP,53/UDP",
        "13m",
        "a=1,b=2",
    ]
    assert row("", "Service", spec={"type": "LoadBalancer"})[3] == "<pending>"
    endpoints = [{"addresses": [f"10.0.0.{i}"]} for i in range(5)]
    assert row("discovery.k8s.io", "EndpointSlice", endpoints=endpoints)[2:4] == [
        "<unset>",
        "10.0.0.0,10.0.0.1,10.0.0.2 + 2 more...",
    ]


def test_workload_rows() -> None:
    spec = {"replicas": 2, "template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}
    found = row("apps", "Deployment", spec=spec, status={"readyReplicas": 1, "updatedReplicas": 2})
    assert found[1:] == ["1/2", 2, 0, "13m", "c", "i", "<none>"]
    times = {"startTime": "2026-01-02T11:50:00Z", "completionTime": "2026-01-02T11:50:07Z"}
    done = {"succeeded": 4, "conditions": [{"type": "Complete", "status": "True"}], **times}
    assert row("batch", "Job", spec={"completions": 4}, status=done)[1:4] == ["Complete", "4/4", "7s"]
    assert row("batch", "Job", spec={"parallelism": 3})[1:4] == ["Running", "0/1 of 3", ""]
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "controller": True}
    assert row("apps", "ControllerRevision", metadata={"ownerReferences": [owner]}, revision=3)[1:3] == [
        "daemonset.apps/d",
        3,
    ]


def test_events_of_both_groups_say_the_same() -> None:
    old = {
        "involvedObject": {"kind": "Pod", "name": "p"},
        "source": {"component": "scheduler"},
        "message": "m\n",
        "lastTimestamp": "2026-01-02T11:59:00Z",
        "firstTimestamp": "2026-01-02T11:58:00Z",
        "count": 3,
    }
    new = {
        "regarding": {"kind": "Pod", "name": "p"},
        "deprecatedSource": {"component": "scheduler"},
        "note": "m",
        "deprecatedLastTimestamp": "2026-01-02T11:59:00Z",
        "deprecatedFirstTimestamp": "2026-01-02T11:58:00Z",
        "deprecatedCount": 3,
    }
    found = row("", "Event", type="Normal", reason="R", **old)
    assert found == ["60s", "Normal", "R", "pod/p", "", "scheduler", "m", "2m", 3, "x"]
    assert row("events.k8s.io", "Event", type="Normal", reason="R", **new) == found


def test_the_table_itself() -> None:
    obj = {"metadata": {"name": "a", "resourceVersion": "7"}, "spec": {}}
    table = render(ANY, [obj], NOW, list_meta={"resourceVersion": "9", "continue": "c"})
    assert table["metadata"] == {"resourceVersion": "9", "continue": "c"}
    assert table["rows"] == [
        {
            "cells": ["a", "<unknown>"],
            "object": {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": {"name": "a", "resourceVersion": "7"},
            },
        }
    ]
    assert render(ANY, [obj], NOW)["metadata"] == {"resourceVersion": "7"}
    assert render(ANY, [obj], NOW, include_object="Object")["rows"][0]["object"] is obj
    assert "object" not in render(ANY, [obj], NOW, include_object="None")["rows"][0]
    with pytest.raises(ValueError, match="includeObject"):
        render(ANY, [obj], NOW, include_object="x")
    wide = [c["name"] for c in columns(LAYOUTS["", "Pod"]) if c["priority"] == 1]
    assert wide == ["IP", "Node", "Nominated Node", "Readiness Gates"]
    assert columns(LAYOUTS["", "Pod"])[0] | {"description": ""} == {
        "name": "Name",
        "type": "string",
        "format": "name",
        "description": "",
        "priority": 0,
    }


@pytest.mark.parametrize(("group", "kind"), sorted(LAYOUTS))
def test_an_empty_object_has_a_row(group: str, kind: str) -> None:
    assert row(group, kind)
    assert row(group, kind, spec=None, status=None)
