"""Jobs and CronJobs, new and changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .object_answers import Change, Creation
from .workload_cases import LABELS, OTHER_IMAGE, changed, new, pod_template

Object = dict[str, Any]
_BATCH = "/apis/batch/v1/namespaces/default"


def _jobs() -> Iterator[Creation | Change]:
    path, own = f"{_BATCH}/jobs", {"template": pod_template("Never")}
    for parts in (
        {},
        {"template": pod_template()},
        {"template": pod_template("Always")},
        {"template": pod_template("Sometimes")},
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
        {"selector": {"matchLabels": LABELS}},
        {"selector": {"matchLabels": LABELS}, "manualSelector": True},
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
        yield from new(path, {**own, **parts})
    yield from changed(
        path,
        {**own, "completions": 3, "parallelism": 1},
        {"completions": 4},
        {"parallelism": 2},
        {"completionMode": "Indexed"},
        {"suspend": True},
        OTHER_IMAGE,
        {"selector": {"matchLabels": {"c": "d"}}},
        {"backoffLimit": 3},
        {"managedBy": "example.com/a"},
        {"ttlSecondsAfterFinished": 1},
        {"activeDeadlineSeconds": 1},
    )
    indexed = {**own, "completionMode": "Indexed", "completions": 3, "parallelism": 3}
    yield from changed(
        path, indexed, {"completions": 4}, {"completions": 4, "parallelism": 4}, {"backoffLimitPerIndex": 1}
    )
    yield from changed(
        path,
        {**own, "suspend": True},
        {"template": {"spec": {"nodeSelector": {"a": "b"}}}},
        {"template": {"metadata": {"annotations": {"a": "b"}}}},
        {"template": {"spec": {"tolerations": [{"operator": "Exists"}]}}},
        OTHER_IMAGE,
    )


def _cron_jobs() -> Iterator[Creation | Change]:
    path = f"{_BATCH}/cronjobs"
    own: Object = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": pod_template("Never")}}}
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
        {"jobTemplate": {"spec": {"template": pod_template()}}},
        {"jobTemplate": {"spec": {"template": pod_template("Never"), "parallelism": -1}}},
        {"jobTemplate": {"spec": {"template": pod_template("Never"), "manualSelector": True}}},
        {"jobTemplate": {"spec": {"template": pod_template("Never"), "selector": {"matchLabels": LABELS}}}},
        {"jobTemplate": {"spec": {"template": pod_template("Never"), "completionMode": "Indexed"}}},
    ):
        yield from new(path, {**own, **parts})
    yield Creation(path, {"metadata": {"name": "x" * 53}, "spec": own})
    yield from changed(
        path, own, {"schedule": "@daily"}, {"schedule": "x"}, {"timeZone": "Mars/Base"}, {"suspend": True}
    )


CASES: list[Creation | Change] = [case for cases in (_jobs, _cron_jobs) for case in cases()]
