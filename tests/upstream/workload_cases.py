"""Workloads, new and changed: what makes pods, when, and how one template follows another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .object_answers import Change, Creation

Object = dict[str, Any]
_APPS = "/apis/apps/v1/namespaces/default"
_BATCH = "/apis/batch/v1/namespaces/default"
_LABELS = {"a": "b"}


def _template(policy: str = "", **meta: Any) -> Object:
    spec: Object = {"containers": [{"name": "c", "image": "i"}]}
    return {
        "metadata": {"labels": _LABELS, **meta},
        "spec": {**spec, **({"restartPolicy": policy} if policy else {})},
    }


def _spec(**parts: Any) -> Object:
    return {"selector": {"matchLabels": _LABELS}, "template": _template(), **parts}


def _new(path: str, *specs: Object) -> Iterator[Creation]:
    for spec in specs:
        yield Creation(path, {"metadata": {"name": "x"}, "spec": spec})


def _changed(path: str, spec: Object, *merged: Object, below: str = "") -> Iterator[Change]:
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
_OTHER_IMAGE = {"template": {"spec": {"containers": [{"name": "c", "image": "j"}]}}}
_CHANGES: tuple[Object, ...] = (
    {"selector": {"matchLabels": {"a": "b", "c": "d"}}, "template": {"metadata": {"labels": {"c": "d"}}}},
    {"selector": None},
    _OTHER_IMAGE,
    {"minReadySeconds": -1},
)


def _selected(plural: str) -> Iterator[Creation | Change]:
    path = f"{_APPS}/{plural}"
    yield from _new(path, _spec(), *(_spec(**one) for one in _SELECTORS))
    yield from _new(path, _spec(replicas=-1), _spec(minReadySeconds=-1), _spec(template=_template("Never")))
    yield from _new(path, _spec(template=None), {}, _spec(template={**_template(), "metadata": {}}))
    yield from _changed(path, _spec(), *_CHANGES)


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
        yield from _new(path, _spec(strategy=strategy))
    yield from _new(
        path,
        _spec(progressDeadlineSeconds=0),
        _spec(progressDeadlineSeconds=5, minReadySeconds=5),
        _spec(progressDeadlineSeconds=-1),
        _spec(revisionHistoryLimit=-1),
        _spec(paused=True, replicas=0),
    )
    yield from _changed(
        path, _spec(), {"strategy": {"type": "Recreate", "rollingUpdate": None}}, {"replicas": 3}
    )
    yield from _changed(
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
        yield from _new(path, _spec(updateStrategy=strategy))
    yield from _new(path, _spec(revisionHistoryLimit=-1))
    yield from _changed(
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
        yield from _new(path, _spec(**parts))
    mounted = {
        "spec": {
            "containers": [{"name": "c", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]
        }
    }
    yield from _new(path, _spec(template={**_template(), **mounted}))
    templates = [{"metadata": {"name": "v"}, "spec": claim}]
    yield from _new(path, _spec(template={**_template(), **mounted}, volumeClaimTemplates=templates))
    yield from _changed(
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
    yield from _changed(
        path, _spec(), {"replicas": 1, "readyReplicas": 2}, {"collisionCount": -1}, below="/status"
    )


def _replica_sets() -> Iterator[Creation | Change]:
    yield from _selected("replicasets")
    path = f"{_APPS}/replicasets"
    yield from _changed(
        path,
        _spec(),
        {"replicas": 1, "fullyLabeledReplicas": 2, "readyReplicas": 2, "availableReplicas": 3},
        {"replicas": -1},
        below="/status",
    )
    controllers = "/api/v1/namespaces/default/replicationcontrollers"
    own: Object = {"selector": _LABELS, "template": _template()}
    yield from _new(
        controllers,
        own,
        {"template": _template()},
        {},
        {"selector": {"a": "c"}, "template": _template()},
        {"selector": {}, "template": {**_template(), "metadata": {}}},
        {**own, "replicas": -1},
        {**own, "minReadySeconds": -1},
        {**own, "template": _template("Never")},
        {"selector": _LABELS},
        {"selector": {"a b": "c"}, "template": _template()},
    )
    yield from _changed(
        controllers,
        own,
        {"selector": {"a": "b", "c": "d"}, "template": {"metadata": {"labels": {"c": "d"}}}},
        _OTHER_IMAGE,
        {"replicas": -1},
    )
    yield from _changed(controllers, own, {"replicas": 1, "readyReplicas": 2}, below="/status")


def _jobs() -> Iterator[Creation | Change]:
    path, own = f"{_BATCH}/jobs", {"template": _template("Never")}
    for parts in (
        {},
        {"template": _template()},
        {"template": _template("Always")},
        {"template": _template("Sometimes")},
        {"template": None},
        {"parallelism": -1},
        {"completions": -1},
        {"backoffLimit": -1},
        {"activeDeadlineSeconds": -1},
        {"ttlSecondsAfterFinished": -1},
        {"backoffLimitPerIndex": 1},
        {"maxFailedIndexes": 1},
        {"completionMode": "Indexed"},
        {"completionMode": "Indexed", "completions": 3},
        {"completionMode": "Indexed", "completions": 3, "backoffLimitPerIndex": 1},
        {"completionMode": "Indexed", "completions": 3, "maxFailedIndexes": 4, "backoffLimitPerIndex": 1},
        {"completionMode": "Indexed", "completions": 3, "maxFailedIndexes": 2},
        {"completionMode": "Indexed", "completions": 3, "parallelism": 100_001},
        {"completionMode": "Indexed", "completions": 200_000, "backoffLimitPerIndex": 1},
        {
            "completionMode": "Indexed",
            "completions": 200_000,
            "parallelism": 20_000,
            "backoffLimitPerIndex": 1,
            "maxFailedIndexes": 20_000,
        },
        {"completionMode": "Sorted"},
        {"podReplacementPolicy": "Failed"},
        {"podReplacementPolicy": "Later"},
        {"managedBy": "a"},
        {"managedBy": "example.com/a"},
        {"managedBy": "example.com/" + "a" * 60},
        {"selector": {"matchLabels": _LABELS}},
        {"selector": {"matchLabels": _LABELS}, "manualSelector": True},
        {"manualSelector": True},
        {"suspend": True},
        {"completions": 0},
        {"successPolicy": {"rules": [{"succeededCount": 1}]}},
        {"completionMode": "Indexed", "completions": 3, "successPolicy": {"rules": []}},
        {"completionMode": "Indexed", "completions": 3, "successPolicy": {"rules": [{}]}},
        {"completionMode": "Indexed", "completions": 3, "successPolicy": {"rules": [{"succeededCount": 4}]}},
        {
            "completionMode": "Indexed",
            "completions": 3,
            "successPolicy": {"rules": [{"succeededIndexes": "0-2"}]},
        },
        {
            "completionMode": "Indexed",
            "completions": 3,
            "successPolicy": {"rules": [{"succeededIndexes": "2-1"}]},
        },
        {
            "completionMode": "Indexed",
            "completions": 3,
            "successPolicy": {"rules": [{"succeededIndexes": "x"}]},
        },
        {"podFailurePolicy": {"rules": []}},
        {"podFailurePolicy": {"rules": [{"action": "FailJob"}]}},
        {
            "podFailurePolicy": {
                "rules": [{"action": "Cry", "onExitCodes": {"operator": "In", "values": [1]}}]
            }
        },
        {
            "podFailurePolicy": {
                "rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [0]}}]
            }
        },
        {
            "podFailurePolicy": {
                "rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [2, 1, 1]}}]
            }
        },
        {
            "podFailurePolicy": {
                "rules": [{"action": "FailJob", "onExitCodes": {"operator": "At", "values": []}}]
            }
        },
        {
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "FailJob",
                        "onExitCodes": {"containerName": "d", "operator": "In", "values": [1]},
                    }
                ]
            }
        },
        {
            "podFailurePolicy": {
                "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]
            }
        },
        {
            "podFailurePolicy": {
                "rules": [{"action": "Ignore", "onPodConditions": [{"type": "A b", "status": "Maybe"}]}]
            }
        },
        {
            "podFailurePolicy": {
                "rules": [{"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [1]}}]
            }
        },
    ):
        yield from _new(path, {**own, **parts})
    yield from _changed(
        path,
        {**own, "completions": 3, "parallelism": 1},
        {"completions": 4},
        {"parallelism": 2},
        {"completionMode": "Indexed"},
        {"suspend": True},
        _OTHER_IMAGE,
        {"selector": {"matchLabels": {"c": "d"}}},
        {"backoffLimit": 3},
        {"managedBy": "example.com/a"},
        {"ttlSecondsAfterFinished": 1},
        {"activeDeadlineSeconds": 1},
    )
    indexed = {**own, "completionMode": "Indexed", "completions": 3, "parallelism": 3}
    yield from _changed(
        path, indexed, {"completions": 4}, {"completions": 4, "parallelism": 4}, {"backoffLimitPerIndex": 1}
    )
    yield from _changed(
        path,
        {**own, "suspend": True},
        {"template": {"spec": {"nodeSelector": {"a": "b"}}}},
        {"template": {"metadata": {"annotations": {"a": "b"}}}},
        {"template": {"spec": {"tolerations": [{"operator": "Exists"}]}}},
        _OTHER_IMAGE,
    )


def _cron_jobs() -> Iterator[Creation | Change]:
    path = f"{_BATCH}/cronjobs"
    own: Object = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": _template("Never")}}}
    for parts in (
        {},
        {"schedule": ""},
        {"schedule": "x"},
        {"schedule": "* * * *"},
        {"schedule": "60 * * * *"},
        {"schedule": "@hourly"},
        {"schedule": "@every 5m"},
        {"schedule": "TZ=UTC * * * * *"},
        {"schedule": "*/5 1-3,5 ? JAN MON-FRI"},
        {"schedule": "5-1 * * * *"},
        {"timeZone": "Europe/Berlin"},
        {"timeZone": "Mars/Base"},
        {"timeZone": ""},
        {"timeZone": "Local"},
        {"concurrencyPolicy": "Maybe"},
        {"concurrencyPolicy": "Replace"},
        {"startingDeadlineSeconds": -1},
        {"successfulJobsHistoryLimit": -1},
        {"failedJobsHistoryLimit": -1},
        {"jobTemplate": {}},
        {"jobTemplate": {"spec": {"template": _template()}}},
        {"jobTemplate": {"spec": {"template": _template("Never"), "parallelism": -1}}},
        {"jobTemplate": {"spec": {"template": _template("Never"), "manualSelector": True}}},
        {"jobTemplate": {"spec": {"template": _template("Never"), "selector": {"matchLabels": _LABELS}}}},
        {"jobTemplate": {"spec": {"template": _template("Never"), "completionMode": "Indexed"}}},
    ):
        yield from _new(path, {**own, **parts})
    yield Creation(path, {"metadata": {"name": "x" * 53}, "spec": own})
    yield from _changed(
        path, own, {"schedule": "@daily"}, {"schedule": "x"}, {"timeZone": "Mars/Base"}, {"suspend": True}
    )


CASES: list[Creation | Change] = [
    case
    for cases in (_deployments, _daemon_sets, _stateful_sets, _replica_sets, _jobs, _cron_jobs)
    for case in cases()
]
