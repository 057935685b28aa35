"""Selectors by a pod's own labels are written out when the pod is made."""

from __future__ import annotations

from typing import Any

from drakkar.api.label_keys import written_out

Object = dict[str, Any]
APP: Object = {"matchLabels": {"app": "a"}}


def made(**spec: Any) -> Object:
    return {"metadata": {"name": "p", "labels": {"hash": "7", "tier": "x"}}, "spec": spec}


def near(term: Object) -> Object:
    required, preferred = (
        f"{one}DuringSchedulingIgnoredDuringExecution" for one in ("required", "preferred")
    )
    return {
        "podAntiAffinity": {required: [term], preferred: [{"weight": 1, "podAffinityTerm": term}]},
        "nodeAffinity": {},
    }


def test_values_come_from_the_pod_and_keys_that_it_has_not_are_passed_over() -> None:
    keys = {"matchLabelKeys": ["hash", "none"], "mismatchLabelKeys": ["tier"]}
    pod = made(
        affinity=near({"labelSelector": APP, "topologyKey": "zone", **keys}),
        topologySpreadConstraints=[{"labelSelector": {}, "matchLabelKeys": ["hash"]}],
    )
    found = written_out(pod)
    like = {"key": "hash", "operator": "In", "values": ["7"]}
    unlike = {"key": "tier", "operator": "NotIn", "values": ["x"]}
    selector = {**APP, "matchExpressions": [like, unlike]}
    expected = near({"labelSelector": selector, "topologyKey": "zone", **keys})
    assert found["spec"]["affinity"] == expected
    assert found["spec"]["topologySpreadConstraints"] == [
        {"labelSelector": {"matchExpressions": [like]}, "matchLabelKeys": ["hash"]}
    ]
    assert written_out(found) is found
    assert pod["spec"]["topologySpreadConstraints"][0]["labelSelector"] == {}


def test_what_has_no_selector_or_no_keys_stays_the_very_same() -> None:
    for affinity in (None, {}, near({"labelSelector": APP}), near({"matchLabelKeys": ["hash"]})):
        pod = made(affinity=affinity, topologySpreadConstraints=None)
        assert written_out(pod) is pod
