"""One damaged object costs only itself: what has nothing to do with it is controlled as ever."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from drakkar.client.resources import (
    CONFIGMAPS,
    DAEMONSETS,
    DEPLOYMENTS,
    JOBS,
    NAMESPACES,
    PODS,
    RESOURCECLAIMTEMPLATES,
    SERVICES,
)
from drakkar.testing import MemoryApi

from .manifests import NS, claim_template, daemon_set, deployment, job, pod, ready

Object = dict[str, Any]
Path = tuple[str | int, ...]
_SAFE = ("name", "namespace", "deletionTimestamp", "resourceVersion")


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in inner:
        yield from _paths(entry, (*path, key))


def damaged(obj: Object, dice: random.Random) -> Object:
    """One field is gone, or is what it cannot be; whether it is one of that name stays as it is."""
    obj = copy.deepcopy(obj)
    kept = {("metadata", field) for field in _SAFE} | {("metadata",), ("apiVersion",), ("kind",)}
    path = dice.choice([path for path in _paths(obj) if path not in kept])
    found: Any = obj
    for part in path[:-1]:
        found = found[part]
    if dice.random() < 0.2:
        del found[path[-1]]
    else:
        wrong = [None, "x", "", 7, -1, 10**30, 1.5, True, [], {}, ["x"], [None], {"x": None}, {"x": "y"}]
        found[path[-1]] = dice.choice(wrong)
    return obj


async def _victims(cluster: MemoryApi) -> list[tuple[str, str]]:
    """A little of everything, as far as controllers have brought it."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": NS},
        "spec": {
            "selector": {"app": "d"},
            "ports": [{"port": 80, "targetPort": 80}],
            "clusterIP": "10.96.0.9",
        },
    }
    await cluster.create(SERVICES, service)
    await cluster.create(RESOURCECLAIMTEMPLATES, claim_template())
    for resource, obj in ((DEPLOYMENTS, deployment()), (DAEMONSETS, daemon_set()), (JOBS, job())):
        await cluster.create(resource, obj)
    await cluster.create(PODS, pod("lonely"))
    await cluster.until(lambda: len(cluster.all("pods")) >= 6 and len(cluster.all("resourceclaims")) >= 5)
    for made in cluster.all("pods"):
        cluster.set_status("pods", made["metadata"]["name"], NS, **ready())
    await cluster.until(lambda: cluster.all("endpointslices"))
    kinds = (
        "pods",
        "deployments",
        "replicasets",
        "daemonsets",
        "jobs",
        "resourceclaims",
        "services",
        "nodes",
    )
    kinds += ("resourceclaimtemplates", "endpointslices", "controllerrevisions", "namespaces", "configmaps")
    found = [(plural, obj["metadata"]["name"]) for plural, obj in cluster.everything() if plural in kinds]
    # Whoever loses his namespace loses what is in it.
    return [one for one in found if one != ("namespaces", NS)]


async def _works(cluster: MemoryApi, name: str) -> None:
    """In another namespace everything is done as ever: a workload, its claims, its end, garbage."""
    await cluster.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    await cluster.until(lambda: cluster.find("serviceaccounts", "default", name))

    def here(obj: Object) -> Object:
        return {**obj, "metadata": {**obj["metadata"], "namespace": name}}

    await cluster.create(RESOURCECLAIMTEMPLATES, here(claim_template()))
    await cluster.create(DEPLOYMENTS, here(deployment()))
    await cluster.until(lambda: len(cluster.all("pods", name)) == 2)
    await cluster.until(lambda: len(cluster.all("resourceclaims", name)) == 2)
    owner = await cluster.create(
        CONFIGMAPS, here({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "o"}})
    )
    reference = {key: owner[key] for key in ("apiVersion", "kind")} | {
        key: owner["metadata"][key] for key in ("name", "uid")
    }
    child = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "ownerReferences": [reference]},
    }
    await cluster.create(CONFIGMAPS, here(child))
    await cluster.delete(CONFIGMAPS, "o", name)
    await cluster.until(lambda: not cluster.find("configmaps", "c", name))
    await cluster.delete(DEPLOYMENTS, "d", name)
    await cluster.until(lambda: not cluster.all("replicasets", name) and not cluster.all("pods", name))


async def _works_beside(cluster: MemoryApi) -> None:
    """So is it in the same namespace."""
    spec = deployment()["spec"]
    labels = {"app": "second"}
    pods = {"metadata": {"labels": labels}, "spec": copy.deepcopy(spec["template"]["spec"])}
    pods["spec"]["resourceClaims"][0]["resourceClaimTemplateName"] = "second"
    second = {**deployment(), "spec": {**spec, "selector": {"matchLabels": labels}, "template": pods}}
    second["metadata"] = {"name": "second", "namespace": NS}
    template = claim_template()
    template["metadata"]["name"] = "second"
    await cluster.create(RESOURCECLAIMTEMPLATES, template)
    await cluster.create(DEPLOYMENTS, second)

    def mine(plural: str) -> list[Object]:
        return [one for one in cluster.all(plural, NS) if one["metadata"]["name"].startswith("second")]

    await cluster.until(lambda: len(mine("pods")) == 2 and len(mine("resourceclaims")) == 2)
    for made in mine("pods"):
        cluster.set_status("pods", made["metadata"]["name"], NS, **ready())
    await cluster.until(lambda: (mine("deployments")[0].get("status") or {}).get("readyReplicas") == 2)


@pytest.mark.parametrize("seed", range(12))
async def test_everything_else_is_controlled_as_ever(cluster: MemoryApi, seed: int) -> None:
    dice = random.Random(seed)
    victims = await _victims(cluster)
    for plural, name in dice.sample(sorted(victims), 6):
        for found in [one for one in cluster.all(plural) if one["metadata"]["name"] == name]:
            cluster.put(plural, damaged(found, dice))
    await _works(cluster, "elsewhere")
    await _works_beside(cluster)


async def test_owners_without_ids_cost_nobody_anything(cluster: MemoryApi) -> None:
    for number, reference in enumerate(({}, {"kind": "Pod", "name": "x"}, {"uid": "u"}, {"uid": None})):
        meta = {"name": f"b{number}", "namespace": NS, "uid": f"b{number}", "ownerReferences": [reference]}
        cluster.put("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
    await _works(cluster, "elsewhere")
    assert len([one for one in cluster.all("configmaps", NS) if one["metadata"]["name"].startswith("b")]) == 4


async def test_a_broken_pod_beside_others_of_its_workload(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCECLAIMTEMPLATES, claim_template())
    await cluster.create(DEPLOYMENTS, deployment())
    first, _ = await cluster.until(lambda: len(found := cluster.all("pods")) == 2 and found)
    cluster.put("pods", {**first, "spec": {**first["spec"], "containers": "none"}})
    await cluster.until(lambda: len(cluster.all("pods")) == 3)
    patch = {"spec": {"replicas": 4}}
    await cluster.patch(DEPLOYMENTS, "d", patch, NS)
    await cluster.until(lambda: len(cluster.all("pods")) == 5)
