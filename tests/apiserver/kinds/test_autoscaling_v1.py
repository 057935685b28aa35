"""Autoscalers in the form of v1: nothing of them is lost, and nothing that stands in annotations is trusted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from autoscaler_bodies import BEHAVIOR, METRICS, STATUS, autoscaler, old_autoscaler

from drakkar.apiserver.kinds.autoscaling_v1 import to_v1, to_v2

_DOMAIN = "autoscaling.alpha.kubernetes.io"
_CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}


def _annotated(field: str, text: str) -> dict[str, Any]:
    return to_v2(old_autoscaler("h", {f"{_DOMAIN}/{field}": text, "mine": "x"}))


def test_there_and_back_it_is_what_it_was() -> None:
    whole = {**autoscaler(metrics=METRICS, behavior=BEHAVIOR), "status": STATUS}
    old = to_v1(whole)
    assert old["spec"].keys() == {"maxReplicas", "scaleTargetRef", "targetCPUUtilizationPercentage"}
    assert old["spec"]["targetCPUUtilizationPercentage"] == 70
    assert old["status"]["currentCPUUtilizationPercentage"] == 50
    assert len(old["metadata"]["annotations"]) == 4
    again = to_v2(old)
    # The use of processors goes last, and what is not there stays so.
    assert again["spec"]["metrics"] == [*METRICS[1:], METRICS[0]]
    assert {**again, "spec": {**again["spec"], "metrics": METRICS}} == whole


def test_a_small_one_has_no_annotations() -> None:
    assert "annotations" not in to_v1(autoscaler(metrics=[_CPU]))["metadata"]
    made = to_v2(old_autoscaler("h", {"mine": "x"}))
    assert made["spec"]["metrics"] == [_CPU] and made["metadata"]["annotations"] == {"mine": "x"}


@pytest.mark.parametrize("field", ["metrics", "current-metrics", "behavior", "conditions"])
@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "null", "[null]", "[1]", '{"a": []}', '[{"type": 1}]', '[{"resource": 1}]', "1" * 5000),
        *("[" * 100_000, '[{"resource": {"name": {}}}]', '{"scaleUp": 1}', '{"scaleUp": {"policies": 1}}'),
        *(
            '{"scaleUp": {"policies": [1]}}',
            '[{"object": {"target": [], "selector": 3}}]',
        ),
    ],
)
def test_what_cannot_be_read_is_passed_over(field: str, text: str) -> None:
    made = _annotated(field, text)
    assert made["metadata"]["annotations"] == {"mine": "x"}
    assert made["spec"] == {**autoscaler()["spec"], "metrics": [_CPU]}


def test_behavior_is_read_in_any_case() -> None:
    text = json.dumps({"SCALEUP": {"Policies": [{"TYPE": "Pods", "value": 1, "PeriodSeconds": 2}], "x": 1}})
    policies = [{"type": "Pods", "value": 1, "periodSeconds": 2}]
    assert _annotated("behavior", text)["spec"]["behavior"] == {"scaleUp": {"policies": policies}}
