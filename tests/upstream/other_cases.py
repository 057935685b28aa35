"""Autoscalers, priorities, Leases, RuntimeClasses, events, revisions and pod templates, new and changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .object_answers import Change, Creation

Object = dict[str, Any]
_MOMENT = "2026-01-01T00:00:00.000000Z"


def _new(path: str, *parts: Object, **meta: Any) -> Iterator[Creation]:
    for one in parts:
        yield Creation(path, {"metadata": {"name": "x", **meta}, **one})


def _changed(path: str, parts: Object, *merged: Object, below: str = "") -> Iterator[Change]:
    for one in merged:
        yield Change(path, {"metadata": {"name": "x"}, **parts}, one, below)


def _autoscalers() -> Iterator[Creation | Change]:
    path = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    scaled = {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}
    own: Object = {"scaleTargetRef": scaled, "maxReplicas": 3}
    for spec in (
        {},
        own,
        {**own, "minReplicas": 0},
        {**own, "minReplicas": -1},
        {**own, "maxReplicas": 0},
        {**own, "maxReplicas": -1},
        {**own, "minReplicas": 5},
        {**own, "scaleTargetRef": {**scaled, "kind": ""}},
        {**own, "scaleTargetRef": {**scaled, "kind": "a/b"}},
        {**own, "scaleTargetRef": {**scaled, "name": ""}},
        {**own, "scaleTargetRef": {**scaled, "name": ".."}},
        {**own, "scaleTargetRef": {**scaled, "apiVersion": "v1"}},
        {**own, "scaleTargetRef": {**scaled, "apiVersion": "a/b/c"}},
    ):
        yield from _new(path, {"spec": spec})
    target = {"type": "Utilization", "averageUtilization": 50}
    value = {"type": "Value", "value": "1"}
    for metric in (
        {},
        {"type": "Luck"},
        {"type": "Resource"},
        {"type": "Resource", "resource": {"name": "cpu", "target": target}},
        {"type": "Resource", "resource": {"name": "", "target": target}},
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Share"}}},
        {"type": "Resource", "resource": {"name": "cpu", "target": {**target, "averageValue": "1"}}},
        {"type": "Resource", "resource": {"name": "cpu", "target": {**target, "averageUtilization": 0}}},
        {
            "type": "ContainerResource",
            "containerResource": {"name": "gpu", "container": "A b", "target": target},
        },
        {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "", "target": {}}},
        {"type": "Pods", "pods": {"metric": {"name": ""}, "target": value}},
        {
            "type": "Pods",
            "pods": {"metric": {"name": "a/b"}, "target": {"type": "AverageValue", "averageValue": "-1"}},
        },
        {"type": "Object", "object": {"metric": {"name": "m"}, "describedObject": scaled, "target": value}},
        {
            "type": "Object",
            "object": {"metric": {"name": "m"}, "describedObject": {}, "target": {"type": "Value"}},
        },
        {"type": "External", "external": {"metric": {"name": "m"}, "target": {**value, "averageValue": "1"}}},
        {
            "type": "External",
            "external": {"metric": {"name": "m"}, "target": {"type": "Value", "value": "0"}},
        },
        {
            "type": "External",
            "external": {"metric": {"name": "m"}, "target": value},
            "pods": {"metric": {"name": "m"}, "target": value},
        },
    ):
        yield from _new(path, {"spec": {**own, "metrics": [metric]}})
    outside = [{"type": "External", "external": {"metric": {"name": "m"}, "target": value}}]
    yield from _new(path, {"spec": {**own, "minReplicas": 0, "metrics": outside}})
    for rules in (
        {},
        {"policies": []},
        {"selectPolicy": "Random"},
        {"stabilizationWindowSeconds": -1},
        {"stabilizationWindowSeconds": 3601},
        {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 1}]},
        {"policies": [{"type": "Cats", "value": 0, "periodSeconds": 0}]},
        {"policies": [{"type": "Percent", "value": 1, "periodSeconds": 1801}]},
        {"tolerance": "-1"},
    ):
        yield from _new(
            path,
            {"spec": {**own, "behavior": {"scaleUp": rules}}},
            {"spec": {**own, "behavior": {"scaleDown": rules}}},
        )
    yield from _changed(path, {"spec": own}, {"spec": {"maxReplicas": 5}}, {"spec": {"maxReplicas": 0}})
    yield from _changed(
        path,
        {"spec": own},
        {"status": {"currentReplicas": -1}},
        {"status": {"desiredReplicas": 2}},
        below="/status",
    )


def _priorities() -> Iterator[Creation | Change]:
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    yield from _new(
        path,
        {},
        {"value": 10},
        {"value": 1_000_000_001},
        {"value": -5},
        {"value": 1, "preemptionPolicy": "Maybe"},
        {"value": 1, "preemptionPolicy": "Never"},
    )
    yield from _new(path, {"value": 1}, name="system-mine")
    yield from _new(path, {"value": 1}, name="system-node-critical")
    yield from _changed(
        path,
        {"value": 10},
        {"value": 11},
        {"preemptionPolicy": "Never"},
        {"description": "d"},
        {"value": None},
    )


def _leases() -> Iterator[Creation | Change]:
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    for spec in (
        {},
        {"leaseDurationSeconds": 0},
        {"leaseDurationSeconds": -1},
        {"leaseTransitions": -1},
        {"strategy": "Oldest"},
        {"strategy": "OldestEmulationVersion"},
        {"strategy": "example.com/own"},
        {"strategy": "A b/c d"},
        {"preferredHolder": "h"},
        {"preferredHolder": "h", "strategy": "OldestEmulationVersion"},
    ):
        yield from _new(path, {"spec": spec})
    yield from _changed(
        path,
        {"spec": {"holderIdentity": "a"}},
        {"spec": {"leaseDurationSeconds": 0}},
        {"spec": {"holderIdentity": "b"}},
    )


def _runtimes() -> Iterator[Creation | Change]:
    path = "/apis/node.k8s.io/v1/runtimeclasses"
    label = {"nodeSelector": {"a b": "c"}}
    yield from _new(
        path,
        {},
        {"handler": "h"},
        {"handler": "A b"},
        {"handler": "a.b"},
        {"handler": "h", "overhead": {"podFixed": {"cpu": "-1"}}},
        {"handler": "h", "overhead": {"podFixed": {"cpu": "100m", "a b": "1"}}},
        {"handler": "h", "scheduling": label},
        {"handler": "h", "scheduling": {"nodeSelector": {"beta.kubernetes.io/os": "linux"}}},
        {"handler": "h", "scheduling": {"tolerations": [{"key": "a", "operator": "Exists"}] * 2}},
        {"handler": "h", "scheduling": {"tolerations": [{"key": "a b", "operator": "Near"}]}},
    )
    yield from _changed(
        path, {"handler": "h"}, {"handler": "i"}, {"scheduling": {"nodeSelector": {"a": "b"}}}
    )


def _events() -> Iterator[Creation | Change]:
    core, new = "/api/v1/namespaces/default/events", "/apis/events.k8s.io/v1/namespaces/default/events"
    subject = {"kind": "Pod", "name": "p", "namespace": "default"}
    yield from _new(
        core,
        {},
        {"involvedObject": subject},
        {"involvedObject": {**subject, "namespace": "other"}},
        {"involvedObject": {**subject, "namespace": ""}},
        {"involvedObject": subject, "eventTime": _MOMENT},
        {
            "involvedObject": subject,
            "eventTime": _MOMENT,
            "reportingComponent": "A b",
            "reportingInstance": "i" * 129,
            "action": "a" * 129,
            "reason": "r" * 129,
            "message": "m" * 1025,
        },
        {"involvedObject": subject, "type": "Odd"},
    )
    own: Object = {
        "regarding": subject,
        "eventTime": _MOMENT,
        "reportingController": "example.com/c",
        "reportingInstance": "i",
        "action": "a",
        "reason": "r",
        "type": "Normal",
    }
    for parts in (
        {},
        own,
        {**own, "eventTime": None},
        {**own, "type": "Odd"},
        {**own, "type": ""},
        {**own, "reportingController": ""},
        {**own, "reportingController": "A b"},
        {**own, "action": ""},
        {**own, "reason": ""},
        {**own, "note": "n" * 1025},
        {**own, "deprecatedCount": 1},
        {**own, "deprecatedFirstTimestamp": "2026-01-01T00:00:00Z"},
        {**own, "deprecatedSource": {"component": "c"}},
        {**own, "series": {"count": 1}},
        {**own, "series": {"count": 2, "lastObservedTime": _MOMENT}},
        {**own, "regarding": {**subject, "namespace": ""}},
    ):
        yield from _new(new, parts)
    yield from _new(new, own, name="A b")
    yield from _changed(
        new,
        own,
        {"reason": "s"},
        {"note": "n"},
        {"type": "Warning"},
        {"action": "b"},
        {"eventTime": "2026-01-02T00:00:00.000000Z"},
        {"series": {"count": 2, "lastObservedTime": _MOMENT}},
        {"series": {"count": 1, "lastObservedTime": _MOMENT}},
        {"regarding": {"name": "q"}},
        {"reportingInstance": "j"},
        {"metadata": {"labels": {"a": "b"}}},
    )
    old: Object = {"involvedObject": subject, "reason": "r"}
    yield from _changed(core, old, {"reason": "s"}, {"count": 2}, {"involvedObject": {"namespace": "other"}})


def _kept() -> Iterator[Creation | Change]:
    path = "/apis/apps/v1/namespaces/default/controllerrevisions"
    yield from _new(
        path,
        {},
        {"data": {"a": 1}, "revision": 1},
        {"data": {"a": 1}, "revision": -1},
        {"data": None, "revision": 1},
    )
    yield from _changed(
        path, {"data": {"a": 1}, "revision": 1}, {"data": {"a": 2}}, {"revision": 2}, {"revision": -1}
    )
    path = "/api/v1/namespaces/default/podtemplates"
    spec: Object = {"containers": [{"name": "c", "image": "i"}]}
    yield from _new(
        path,
        {},
        {"template": {"spec": spec}},
        {"template": {"spec": {**spec, "restartPolicy": "Sometimes"}}},
        {"template": {"metadata": {"labels": {"a b": "c"}}, "spec": spec}},
    )
    yield from _changed(
        path, {"template": {"spec": spec}}, {"template": {"spec": {"restartPolicy": "Never"}}}
    )
    path = "/api/v1/namespaces/default/serviceaccounts"
    yield from _new(path, {}, {"secrets": [{"name": "s"}]}, {"automountServiceAccountToken": False})


CASES: list[Creation | Change] = [
    case for cases in (_autoscalers, _priorities, _leases, _runtimes, _events, _kept) for case in cases()
]
