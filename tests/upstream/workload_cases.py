"""Workloads, new and changed: what makes pods, when, and how one template follows another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .object_answers import Change, Creation

Object = dict[str, Any]
_APPS = "/apis/apps/v1/namespaces/default"
LABELS = {"a": "b"}


def pod_template(policy: str = "", **meta: Any) -> Object:
    """A template of one container."""
    spec: Object = {"containers": [{"name": "c", "image": "i"}]}
    return {
        "metadata": {"labels": LABELS, **meta},
        "spec": {**spec, **({"restartPolicy": policy} if policy else {})},
    }


def _spec(**parts: Any) -> Object:
    return {"selector": {"matchLabels": LABELS}, "template": pod_template(), **parts}


def new(path: str, *specs: Object) -> Iterator[Creation]:
    """An object with each of these specs."""
    for spec in specs:
        yield Creation(path, {"metadata": {"name": "x"}, "spec": spec})


def changed(path: str, spec: Object, *merged: Object, below: str = "") -> Iterator[Change]:
    """An object of this spec, changed in each of these ways."""
    for one in merged:
        part = "status" if below == "/status" else "spec"
        yield Change(path, {"metadata": {"name": "x"}, "spec": spec}, {part: one}, below)


_SELECTORS: tuple[Object, ...] = (
    {"selector": None},
    {"selector": {}},
    {"selector": {"matchLabels": {"a": "c"}}},
    {"selector": {"matchLabels": {"a b": "c"}}},
    {"selector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}},
)
OTHER_IMAGE = {"template": {"spec": {"containers": [{"name": "c", "image": "j"}]}}}
_CHANGES: tuple[Object, ...] = (
    {"selector": {"matchLabels": {"a": "b", "c": "d"}}, "template": {"metadata": {"labels": {"c": "d"}}}},
    {"selector": None},
    OTHER_IMAGE,
    {"minReadySeconds": -1},
)


def _selected(plural: str) -> Iterator[Creation | Change]:
    path = f"{_APPS}/{plural}"
    yield from new(path, _spec(), *(_spec(**one) for one in _SELECTORS))
    yield from new(path, _spec(replicas=-1), _spec(minReadySeconds=-1), _spec(template=pod_template("Never")))
    yield from new(path, _spec(template=None), {}, _spec(template={**pod_template(), "metadata": {}}))
    yield from changed(path, _spec(), *_CHANGES)


def _deployments() -> Iterator[Creation | Change]:
    yield from _selected("deployments")
    path = f"{_APPS}/deployments"
    for strategy in (
        {"type": "Recreate"},
        {"type": "Recreate", "rollingUpdate": {}},
        {"type": "Blue"},
        {"type": ""},
        {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}},
        {"rollingUpdate": {"maxUnavailable": "0%", "maxSurge": "0%"}},
        {"rollingUpdate": {"maxUnavailable": "101%"}},
        {"rollingUpdate": {"maxSurge": "150%"}},
        {"rollingUpdate": {"maxSurge": "half"}},
        {"rollingUpdate": {"maxSurge": -1}},
    ):
        yield from new(path, _spec(strategy=strategy))
    yield from new(
        path,
        _spec(progressDeadlineSeconds=0),
        _spec(progressDeadlineSeconds=5, minReadySeconds=5),
        _spec(progressDeadlineSeconds=-1),
        _spec(revisionHistoryLimit=-1),
        _spec(paused=True, replicas=0),
    )
    yield from changed(
        path, _spec(), {"strategy": {"type": "Recreate", "rollingUpdate": None}}, {"replicas": 3}
    )
    yield from changed(
        path,
        _spec(),
        {"replicas": -1},
        {"replicas": 1, "updatedReplicas": 2},
        {"replicas": 1, "readyReplicas": 2, "availableReplicas": 3},
        {"collisionCount": -1},
        below="/status",
    )


def _daemon_sets() -> Iterator[Creation | Change]:
    yield from _selected("daemonsets")
    path = f"{_APPS}/daemonsets"
    for strategy in (
        {"type": "OnDelete"},
        {"type": "Slow"},
        {"rollingUpdate": {"maxUnavailable": 0}},
        {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}},
        {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": "50%"}},
        {"rollingUpdate": {"maxUnavailable": "101%"}},
        {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": "101%"}},
        {"rollingUpdate": {"maxUnavailable": "x"}},
    ):
        yield from new(path, _spec(updateStrategy=strategy))
    yield from new(path, _spec(revisionHistoryLimit=-1))
    yield from changed(
        path,
        _spec(),
        {"currentNumberScheduled": -1},
        {"numberReady": -1, "observedGeneration": -1},
        below="/status",
    )


def _stateful_sets() -> Iterator[Creation | Change]:
    yield from _selected("statefulsets")
    path = f"{_APPS}/statefulsets"
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    for parts in (
        {"podManagementPolicy": "Random"},
        {"updateStrategy": {"type": "OnDelete"}},
        {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}}},
        {"updateStrategy": {"type": "Recreate"}},
        {"updateStrategy": {"type": "Slow"}},
        {"updateStrategy": {"type": "RollingUpdate"}},
        {"updateStrategy": {"rollingUpdate": {"partition": -1}}},
        {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 0}}},
        {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "150%"}}},
        {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}},
        {"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Burn"}},
        {"ordinals": {"start": -1}},
        {"serviceName": "A_b"},
        {"serviceName": "s"},
        {"revisionHistoryLimit": -1},
        {"volumeClaimTemplates": [{"metadata": {"name": "v"}, "spec": claim}]},
        {"volumeClaimTemplates": [{"metadata": {"name": "v"}, "spec": {}}]},
        {"volumeClaimTemplates": [{"metadata": {"name": "v"}, "spec": {**claim, "accessModes": ["Often"]}}]},
    ):
        yield from new(path, _spec(**parts))
    mounted = {
        "spec": {
            "containers": [{"name": "c", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]
        }
    }
    yield from new(path, _spec(template={**pod_template(), **mounted}))
    templates = [{"metadata": {"name": "v"}, "spec": claim}]
    yield from new(path, _spec(template={**pod_template(), **mounted}, volumeClaimTemplates=templates))
    yield from changed(
        path,
        _spec(serviceName="s", volumeClaimTemplates=templates),
        {"serviceName": "t"},
        {"podManagementPolicy": "Parallel"},
        {"volumeClaimTemplates": None},
        {"replicas": 2, "minReadySeconds": 1},
        {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}},
        {"ordinals": {"start": 3}},
        {"revisionHistoryLimit": 3},
    )
    yield from changed(
        path, _spec(), {"replicas": 1, "readyReplicas": 2}, {"collisionCount": -1}, below="/status"
    )


def _replica_sets() -> Iterator[Creation | Change]:
    yield from _selected("replicasets")
    path = f"{_APPS}/replicasets"
    yield from changed(
        path,
        _spec(),
        {"replicas": 1, "fullyLabeledReplicas": 2, "readyReplicas": 2, "availableReplicas": 3},
        {"replicas": -1},
        below="/status",
    )
    controllers = "/api/v1/namespaces/default/replicationcontrollers"
    own: Object = {"selector": LABELS, "template": pod_template()}
    yield from new(
        controllers,
        own,
        {"template": pod_template()},
        {},
        {"selector": {"a": "c"}, "template": pod_template()},
        {"selector": {}, "template": {**pod_template(), "metadata": {}}},
        {**own, "replicas": -1},
        {**own, "minReadySeconds": -1},
        {**own, "template": pod_template("Never")},
        {"selector": LABELS},
        {"selector": {"a b": "c"}, "template": pod_template()},
    )
    yield from changed(
        controllers,
        own,
        {"selector": {"a": "b", "c": "d"}, "template": {"metadata": {"labels": {"c": "d"}}}},
        OTHER_IMAGE,
        {"replicas": -1},
    )
    yield from changed(controllers, own, {"replicas": 1, "readyReplicas": 2}, below="/status")


CASES: list[Creation | Change] = [
    case for cases in (_deployments, _daemon_sets, _stateful_sets, _replica_sets) for case in cases()
]
