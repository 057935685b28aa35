"""Expressions of admission policies that do not fit their kinds: what kube-controller-manager says of them, and ours."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client
from drakkar.client import kubeconfig as kubeconfigs
from drakkar.client.resources import VALIDATINGADMISSIONPOLICIES
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.policy_status import type_warnings

from .controllers_beside import controller_manager
from .policy_cases import policy
from .policy_wordings import same

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_PATIENCE_S = 60.0


def _rule(group: str, *resources: str, versions: tuple[str, ...] = ("v1",)) -> Object:
    return {
        "apiGroups": [group],
        "apiVersions": list(versions),
        "operations": ["CREATE"],
        "resources": list(resources),
    }


_DEPLOYMENTS = _rule("apps", "deployments")
_CASES: dict[str, tuple[Object, list[str]]] = {
    "fits": (_DEPLOYMENTS, ["object.spec.replicas > 1", "object.metadata.labels['a'] == 'b'"]),
    "no-field": (_DEPLOYMENTS, ["object.spec.replica > 1", "true", "object.stat.x == 1"]),
    "wrong-type": (_DEPLOYMENTS, ["object.spec.replicas > '1'", "object.spec.paused == 1"]),
    "containers": (_DEPLOYMENTS, ["object.spec.template.spec.containers.all(c, c.img == 'x')"]),
    "either": (_DEPLOYMENTS, ["object.spec.strategy.rollingUpdate.maxSurge == '25%'"]),
    "labels": (_DEPLOYMENTS, ["object.metadata.labels.x == 1", "object.metadata.labels.x == 'a'"]),
    "owners": (_DEPLOYMENTS, ["object.metadata.ownerReferences[0].kin == 'x'"]),
    "times": (_DEPLOYMENTS, ["object.metadata.creationTimestamp > timestamp('2020-01-01T00:00:00Z')"]),
    "optional": (_DEPLOYMENTS, ["object.spec.?replica.orValue(1) == 1", "has(object.spec.replica)"]),
    "old": (_DEPLOYMENTS, ["oldObject == null || oldObject.spec.nothing == 1"]),
    "two-kinds": (_rule("apps", "deployments", "daemonsets"), ["object.spec.replicas > 1"]),
    "pods": (_rule("", "pods"), ["object.spec.nodeName == 1", "object.spec.hostNetwork", "object.spec.x"]),
    "secrets": (
        _rule("", "secrets"),
        ["object.data.a == 'b'", "object.stringData.a == b'b'", "object.typ == ''"],
    ),
    "claims": (
        _rule("resource.k8s.io", "resourceclaims"),
        ["object.spec.devices.requests.all(r, r.nam == 'x')"],
    ),
    "slices": (
        _rule("resource.k8s.io", "resourceslices"),
        ["object.spec.nodeNam == ''", "object.spec.pool.generation == 'x'"],
    ),
    "stars": (_rule("*", "deployments"), ["object.what == 1"]),
    "below": (_rule("apps", "deployments/status"), ["object.what == 1"]),
    "unknown": (_rule("x.example", "things"), ["object.what == 1"]),
    "request": (_rule("", "configmaps"), ["request.operation == 'CREATE' && object.data.x.startsWith('y')"]),
    "reserved": (_rule("networking.k8s.io", "networkpolicies"), ["object.spec.podSelector == 1"]),
}


def _checks(texts: list[str]) -> list[Object]:
    return [{"expression": f"({one}) == dyn(true)"} for one in texts]


def _policies() -> list[Object]:
    made = [
        policy(
            name,
            matchConstraints={"resourceRules": [rule]},
            validations=_checks(texts),
        )
        for name, (rule, texts) in _CASES.items()
    ]
    constraints = {"resourceRules": [_DEPLOYMENTS]}
    variables = [
        {"name": "n", "expression": "object.spec.replicas"},
        {"name": "bad", "expression": "object.nothing"},
    ]
    for name, more in {
        "variables": {"variables": variables, "validations": [{"expression": "variables.n == dyn('x')"}]},
        "broken": {"variables": variables, "validations": [{"expression": "variables.bad == 1"}]},
        "params": {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "validations": [
                {"expression": "object.spec.replicas > params.data.most"},
                {"expression": "params.dat.x == 'y'"},
            ],
        },
        "params-unknown": {
            "paramKind": {"apiVersion": "x.example/v1", "kind": "Thing"},
            "validations": [{"expression": "object.spec.replicas > params.what"}],
        },
        "message": {"validations": [{"expression": "true", "messageExpression": "'a' + object.spec.what"}]},
    }.items():
        made.append(policy(name, matchConstraints=constraints, **more))
    return made


def _same(warnings: list[Object]) -> list[tuple[str, str]]:
    return [(one["fieldRef"], same(one["warning"])) for one in warnings]


async def _compare(kubeconfig: Path) -> tuple[int, list[str]]:
    count, found = 0, []
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        for obj in _policies():
            await client.create(VALIDATINGADMISSIONPOLICIES, obj)
        end = time.monotonic() + _PATIENCE_S
        for obj in _policies():
            name = obj["metadata"]["name"]
            stored = await client.get(VALIDATINGADMISSIONPOLICIES, name)
            while not (stored.get("status") or {}).get("observedGeneration"):
                assert time.monotonic() < end, name
                await asyncio.sleep(0.2)
                stored = await client.get(VALIDATINGADMISSIONPOLICIES, name)
            theirs = _same((stored["status"].get("typeChecking") or {}).get("expressionWarnings") or [])
            count += len(theirs)
            mine = _same(await type_warnings(client, stored))
            if theirs != mine:
                found.append(f"{name}\n    theirs {theirs}\n    ours   {mine}")
    return count, found


def test_the_same_warnings(cluster: OwnCluster, controller_manager_137: Path) -> None:
    cluster.up("--without=driver,scheduler,kubelet,controllers")
    controllers = "validatingadmissionpolicy-status-controller"
    with controller_manager(cluster, controller_manager_137, controllers):
        count, found = asyncio.run(_compare(cluster.state / "kubeconfig"))
    assert count >= 15
    assert not found, "\n".join(found)
