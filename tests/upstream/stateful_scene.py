"""StatefulSets of every sort, and what happens to them, step after step."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from drakkar.client import ApiError, Client
from drakkar.client.resources import (
    CONTROLLERREVISIONS,
    EVENTS,
    PERSISTENTVOLUMECLAIMS,
    PODS,
    STATEFULSETS,
)

from .controllers_beside import make_namespace, settled

Object = dict[str, Any]
# What is found of a scene, by the step after which it was and what it is of.
Found = dict[str, Any]
_QUIET_S = 1.5
_HASHES = ("controller-revision-hash", "controller.kubernetes.io/hash")


def _claim(labels: Object | None = None) -> Object:
    metadata = {"name": "data", **({"labels": labels} if labels else {})}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"metadata": metadata, "spec": spec}


def _rolling(**said: Any) -> Object:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": said}}


def _kept(deleted: str, scaled: str) -> Object:
    policy = {"whenDeleted": deleted, "whenScaled": scaled}
    return {"volumeClaimTemplates": [_claim()], "persistentVolumeClaimRetentionPolicy": policy}


SETS: dict[str, Object] = {
    "plain": {"serviceName": "names"},
    "claims": {"volumeClaimTemplates": [_claim({"tier": "one"})]},
    "with-set": _kept("Delete", "Retain"),
    "with-pod": _kept("Retain", "Delete"),
    "with-both": {**_kept("Delete", "Delete"), "podManagementPolicy": "Parallel"},
    "parallel": {"podManagementPolicy": "Parallel", **_rolling(maxUnavailable=2)},
    "half": _rolling(partition=2),
    "half-parallel": {"podManagementPolicy": "Parallel", **_rolling(partition=1)},
    "two-at-once": _rolling(maxUnavailable="70%"),
    "by-hand": {"updateStrategy": {"type": "OnDelete"}},
    "from-five": {"ordinals": {"start": 5}},
    "patient": {"minReadySeconds": 1},
    "forgetful": {"revisionHistoryLimit": 0},
    "unready": {},
    "unready-parallel": {"podManagementPolicy": "Parallel"},
    "refused": {},
    "none": {"replicas": 0},
}


def _set(name: str, said: Object) -> Object:
    container: Object = {"name": "c", "image": "first"}
    pod: Object = {"containers": [container], "terminationGracePeriodSeconds": 0}
    if name == "refused":
        pod["serviceAccountName"] = "nobody"
    labels = {"app": name}
    spec = {
        "replicas": 3,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels, "annotations": {"note": "n"}}, "spec": pod},
    }
    metadata = {"name": name, "annotations": {"of": name}}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": {**spec, **said}}


@contextlib.asynccontextmanager
async def _readied(client: Client, namespace: str) -> AsyncIterator[None]:
    """Somebody who lets every pod run, but those of the sets that are never ready."""

    async def run() -> None:
        while True:
            for pod in (await client.list(PODS, namespace))["items"]:
                meta = pod["metadata"]
                if pod["status"].get("phase") != "Pending" or meta["name"].startswith("unready"):
                    continue
                status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
                status["conditions"][0]["lastTransitionTime"] = meta["creationTimestamp"]  # type: ignore[index]
                with contextlib.suppress(ApiError):
                    await client.patch(
                        PODS, meta["name"], {"status": status}, namespace, "strategic", subresource="status"
                    )
            await asyncio.sleep(0.05)

    running = asyncio.create_task(run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})


def _labels(obj: Object) -> Object:
    """Without the hashes that each side counts in a way of its own."""
    labels = obj["metadata"].get("labels") or {}
    return {name: "" if name in _HASHES else value for name, value in labels.items()}


def _owners(obj: Object) -> list[tuple[str, str, bool]]:
    found = obj["metadata"].get("ownerReferences") or ()
    return sorted((one["kind"], one["name"], bool(one.get("controller"))) for one in found)


async def _look(client: Client, namespace: str) -> Found:
    revisions = {
        one["metadata"]["name"]: one for one in (await client.list(CONTROLLERREVISIONS, namespace))["items"]
    }

    def number(name: str) -> Any:
        return revisions[name]["revision"] if name in revisions else name and "gone"

    found: Found = {}
    for one in revisions.values():
        owner = one["metadata"]["ownerReferences"][0]["name"]
        image = one["data"]["spec"]["template"]["spec"]["containers"][0]["image"]
        parts = (
            _labels(one),
            one["metadata"].get("annotations"),
            image,
            sorted(one["data"]["spec"]["template"]),
        )
        found[f"revision {one['revision']} of {owner}"] = (*parts, _owners(one))
    for one in (await client.list(STATEFULSETS, namespace))["items"]:
        status = one["status"]
        for name in ("currentRevision", "updateRevision"):
            status[name] = number(status.get(name, ""))
        found[f"status of {one['metadata']['name']}"] = status
    for pod in (await client.list(PODS, namespace))["items"]:
        meta, spec = pod["metadata"], pod["spec"]
        volumes = [volume for volume in spec.get("volumes") or () if "persistentVolumeClaim" in volume]
        revision = number((meta.get("labels") or {}).get("controller-revision-hash", ""))
        names = (
            meta.get("generateName"),
            spec.get("hostname"),
            spec.get("subdomain"),
            meta.get("annotations"),
        )
        image = spec["containers"][0]["image"]
        phase = (pod["status"]["phase"], bool(meta.get("deletionTimestamp")))
        found[f"pod {meta['name']}"] = (_labels(pod), revision, names, volumes, image, phase, _owners(pod))
    for claim in (await client.list(PERSISTENTVOLUMECLAIMS, namespace))["items"]:
        found[f"claim {claim['metadata']['name']}"] = (_labels(claim), claim["spec"], _owners(claim))
    said: dict[str, set[tuple[str, str, str]]] = {}
    for one in (await client.list(EVENTS, namespace))["items"]:
        if one["involvedObject"]["kind"] == "StatefulSet":
            # The original writes claims as its cache has them, which may be what was there before its own last write.
            if "the object has been modified" in one["message"]:
                continue
            told = (one["type"], one["reason"], one["message"].replace(f"{namespace}/", ""))
            said.setdefault(one["involvedObject"]["name"], set()).add(told)
    return found | {f"events of {name}": sorted(told) for name, told in said.items()}


async def tell(client: Client, namespace: str) -> Found:
    """What there is of all sets after each step, by step and object."""
    await make_namespace(client, namespace)
    after: Found = {}

    async def look(step: str) -> None:
        def holds(found: Found) -> bool:
            return "events of refused" in found

        found = await settled(lambda: _look(client, namespace), holds, _QUIET_S)
        after.update({f"{step}: {name}": what for name, what in found.items()})

    async def change(names: Any, spec: Object) -> None:
        for name in names:
            await client.patch(STATEFULSETS, name, {"spec": spec}, namespace, "strategic")

    async with _readied(client, namespace):
        for name, said in SETS.items():
            await client.create(STATEFULSETS, _set(name, said), namespace)
        await look("made")
        # One that has failed is made anew, and so is one that is deleted; a name that was lost is written again.
        failed = {"status": {"phase": "Failed"}}
        for pod in ("plain-1", "parallel-2"):
            await client.patch(PODS, pod, failed, namespace, "strategic", subresource="status")
        await client.delete(PODS, "half-0", namespace)
        lost = {"metadata": {"labels": {"statefulset.kubernetes.io/pod-name": None}}}
        await client.patch(PODS, "claims-1", lost, namespace)
        await look("lost")
        image = {"template": {"spec": {"containers": [{"name": "c", "image": "second"}]}}}
        await change(SETS, image)
        await look("changed")
        await change(("half", "half-parallel"), _rolling(partition=0))
        await client.delete(PODS, "by-hand-1", namespace)
        await look("on")
        await change(SETS, {"replicas": 1})
        await look("fewer")
        image["template"]["spec"]["containers"][0]["image"] = "first"
        await change(SETS, {"replicas": 2, **image})
        await look("back")
    return after
