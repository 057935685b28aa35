"""What a pod is refused for, one thing at a time; tests/upstream asks the original the same and more."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from drakkar.apiserver.kinds import pods
from drakkar.validation.field_error import Findings
from drakkar.validation.pod import pod, pod_template

Object = dict[str, Any]
C = "spec.containers[0]"
PLAIN: Object = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def pods_with(**spec: Any) -> Object:
    """The plain pod with these changes."""
    obj = copy.deepcopy(PLAIN)
    obj["spec"].update(spec)
    pods.pod(obj)
    return obj


def wrong(container: Object | None = None, meta: Object | None = None, **spec: Any) -> list[str]:
    """The fields that are to blame in the plain pod with these changes."""
    obj = copy.deepcopy(PLAIN)
    obj["spec"].update(spec)
    obj["spec"]["containers"][0].update(container or {})
    obj["metadata"].update(meta or {})
    pods.pod(obj)
    found = Findings()
    pod(found, obj)
    return [error.field for error in found.listed()]


def test_a_plain_pod() -> None:
    assert wrong() == []


@pytest.mark.parametrize(
    ("container", "field"),
    [
        ({"env": [{"name": "A=B"}]}, f"{C}.env[0].name"),
        ({"env": [{"name": "A", "valueFrom": {}}]}, f"{C}.env[0].valueFrom"),
        ({"image": " i "}, f"{C}.image"),
        ({"securityContext": {"runAsUser": -1}}, f"{C}.securityContext.runAsUser"),
        ({"ports": [{"containerPort": 1, "name": "UP"}]}, f"{C}.ports[0].name"),
        ({"livenessProbe": {}}, f"{C}.livenessProbe"),
        ({"lifecycle": {"preStop": {"sleep": {"seconds": 99}}}}, f"{C}.lifecycle.preStop.sleep"),
        ({"volumeMounts": [{"name": "v", "mountPath": "/v"}]}, f"{C}.volumeMounts[0].name"),
        ({"resources": {"limits": {"gpu": "1"}}}, f"{C}.resources.limits[gpu]"),
        ({"resources": {"claims": [{"name": "g"}]}}, f"{C}.resources.claims[0]"),
        ({"restartPolicy": "Now"}, f"{C}.restartPolicy"),
    ],
)
def test_a_container(container: Object, field: str) -> None:
    assert field in wrong(container)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"volumes": [{"name": "v", "hostPath": {"path": "/a/.."}}]}, "spec.volumes[0].hostPath.path"),
        ({"volumes": [{"name": "v", "secret": {}}]}, "spec.volumes[0].secret.secretName"),
        ({"volumes": [{"name": "v", "emptyDir": {}, "nfs": {}}]}, "spec.volumes[0].nfs"),
        ({"tolerations": [{"key": "a b", "operator": "Exists"}]}, "spec.tolerations[0].key"),
        ({"dnsPolicy": "None"}, "spec.dnsConfig"),
        ({"hostAliases": [{"ip": "1.2.3"}]}, "spec.hostAliases[0].ip"),
        ({"topologySpreadConstraints": [{}]}, "spec.topologySpreadConstraints[0].maxSkew"),
        ({"securityContext": {"sysctls": [{"name": "A b"}]}}, "spec.securityContext.sysctls[0].name"),
        ({"nodeSelector": {"a b": "c"}}, "spec.nodeSelector"),
        ({"overhead": {"gpu": "1"}}, "spec.overhead.limits[gpu]"),
        ({"schedulingGates": [{"name": "a b"}]}, "spec.schedulingGates[0]"),
        ({"os": {"name": "beos"}}, "spec.os"),
        ({"hostnameOverride": "A_"}, "spec.hostnameOverride"),
        ({"activeDeadlineSeconds": 0}, "spec.activeDeadlineSeconds"),
        (
            {"resources": {"requests": {"ephemeral-storage": "1"}}},
            "spec.resources.requests[ephemeral-storage]",
        ),
        (
            {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}},
            "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey",
        ),
    ],
)
def test_a_pods_own_fields(spec: Object, field: str) -> None:
    assert field in wrong(**spec)


def test_annotations_that_mean_something() -> None:
    cost = "controller.kubernetes.io/pod-deletion-cost"
    assert wrong(meta={"annotations": {cost: "5"}}) == []
    assert wrong(meta={"annotations": {cost: "5.0"}}) == [f"metadata.annotations[{cost}]"]


def test_a_template_may_have_what_a_pod_may_not() -> None:
    template = {"spec": copy.deepcopy(PLAIN["spec"])}
    template["spec"]["containers"][0]["image"] = " i "
    pods.template({"template": template})
    found = Findings()
    pod_template(found, "template", template)
    assert found.listed() == []


SAID = 'Invalid value: "\\u003c": not a valid selector operator'
BEFORE = [{"key": "zone", "operator": "<", "values": ["a"]}]


@pytest.mark.parametrize(
    "affinity",
    [
        {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": BEFORE}]}}},
        {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchFields": BEFORE}]}}},
        {"podAffinity": {REQUIRED: [{"topologyKey": "zone", "labelSelector": {"matchExpressions": BEFORE}}]}},
    ],
)
def test_an_operator_is_shown_as_json_has_it(affinity: Object) -> None:
    found = Findings()
    pod(found, pods_with(affinity=affinity))
    assert SAID in [error.message for error in found.listed() if error.field.endswith(".operator")]
