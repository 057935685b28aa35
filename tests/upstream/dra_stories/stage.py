"""What a story does: objects made and deleted, the kubelet's part played, and waiting until it is seen what must come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from drakkar.client import ConflictError, NotFoundError
from drakkar.client.resources import (
    DEVICECLASSES,
    DEVICETAINTRULES,
    EVENTS,
    NAMESPACES,
    PODS,
    RESOURCECLAIMS,
    RESOURCECLAIMTEMPLATES,
    RESOURCESLICES,
    SERVICEACCOUNTS,
    Resource,
)

from .world import Object, World

_PATIENCE_S = 60.0
VERSION = "resource.k8s.io/v1"


class LostError(Exception):
    """What a story waits for did not come."""


class Stage:
    """One story's: a namespace of its name, and a driver, a class and nodes that are named for it."""

    def __init__(self, world: World, name: str, nodes: int) -> None:
        self.world, self.client, self.name = world, world.client, name
        self.driver = self.class_name = f"{name}.example.com"
        self.nodes = [f"{name}-{number}" for number in range(nodes)]

    async def begin(self) -> None:
        """Have a namespace that takes pods."""
        made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name}}
        await self.client.create(NAMESPACES, made)

        async def account() -> Any:
            try:
                return await self.client.get(SERVICEACCOUNTS, "default", self.name)
            except NotFoundError:
                return None

        end = time.monotonic() + _PATIENCE_S
        while await account() is None:
            if time.monotonic() > end:
                raise LostError("nobody makes the account of the namespace")
            await asyncio.sleep(0.1)

    # What there is.

    async def device_class(self, name: str = "", **spec: Any) -> None:
        """A class of the story's driver."""
        selector = {"cel": {"expression": f"device.driver == '{self.driver}'"}}
        made = {"metadata": {"name": name or self.class_name}, "spec": {"selectors": [selector], **spec}}
        await self.client.create(DEVICECLASSES, {"apiVersion": VERSION, "kind": "DeviceClass", **made})

    async def slice(
        self, devices: int | list[Object] = 2, node: int = 0, generation: int = 1, **spec: Any
    ) -> None:
        """A pool of one slice on one of the story's nodes."""
        named = [{"name": f"d{number}"} for number in range(devices)] if isinstance(devices, int) else devices
        where = self.nodes[node]
        pool = {"name": where, "generation": generation, "resourceSliceCount": 1}
        made = {
            "apiVersion": VERSION,
            "kind": "ResourceSlice",
            "metadata": {"name": where},
            "spec": {"driver": self.driver, "nodeName": where, "pool": pool, "devices": named, **spec},
        }
        before = self.world.find(RESOURCESLICES, where)
        if before is None:
            await self.client.create(RESOURCESLICES, made)
            return
        made["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"]
        await self.client.update(RESOURCESLICES, made)

    def devices(self, *requests: Object, **more: Any) -> Object:
        """What a claim asks for: one device if nothing is said."""
        return {"devices": {"requests": list(requests) or [self.request()], **more}}

    def request(self, name: str = "r", **exactly: Any) -> Object:
        """One request, of the story's class."""
        return {"name": name, "exactly": {"deviceClassName": self.class_name, **exactly}}

    async def claim(self, name: str = "c", *requests: Object, **more: Any) -> None:
        """A claim."""
        made = {"metadata": {"name": name}, "spec": self.devices(*requests, **more)}
        made = {"apiVersion": VERSION, "kind": "ResourceClaim", **made}
        await self.client.create(RESOURCECLAIMS, made, self.name)

    async def template(self, name: str = "t", *requests: Object, **more: Any) -> None:
        """A template of claims."""
        spec = {"metadata": {"labels": {"of": "template"}}, "spec": self.devices(*requests, **more)}
        made = {
            "apiVersion": VERSION,
            "kind": "ResourceClaimTemplate",
            "metadata": {"name": name},
            "spec": spec,
        }
        await self.client.create(RESOURCECLAIMTEMPLATES, made, self.name)

    async def pod(
        self,
        name: str = "p",
        claims: tuple[str, ...] = (),
        templates: tuple[str, ...] = (),
        node: int | None = None,
        requests: Object | None = None,
        **spec: Any,
    ) -> None:
        """A pod that uses claims, for one node or for all of the story."""
        entries = [{"name": one, "resourceClaimName": one} for one in claims]
        entries += [{"name": one, "resourceClaimTemplateName": one} for one in templates]
        container: Object = {"name": "main", "image": "busybox", "resources": {}}
        if entries:
            container["resources"]["claims"] = [{"name": one["name"]} for one in entries]
        if requests:
            container["resources"] |= {"requests": requests, "limits": requests}
        selector = {"story": self.name} if node is None else {"kubernetes.io/hostname": self.nodes[node]}
        made = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"of": self.name}},
            "spec": {
                "containers": [container],
                "resourceClaims": entries,
                "nodeSelector": selector,
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 1,
                **spec,
            },
        }
        await self.client.create(PODS, made, self.name)

    async def rule(self, effect: str, device: str = "d0", **more: Any) -> None:
        """A DeviceTaintRule for a device of the first node."""
        selector = {"driver": self.driver, "pool": self.nodes[0], "device": device}
        spec = {"deviceSelector": selector, "taint": {"key": "k", "value": "v", "effect": effect, **more}}
        made = {
            "apiVersion": VERSION,
            "kind": "DeviceTaintRule",
            "metadata": {"name": self.name},
            "spec": spec,
        }
        await self.client.create(DEVICETAINTRULES, made)

    async def delete(self, resource: Resource, name: str, **options: Any) -> None:
        """Delete an object; of one that is gone already, nothing."""
        try:
            await self.client.delete(resource, name, self.name if resource.namespaced else None, **options)
        except NotFoundError:
            pass

    # The kubelet's part.

    async def run(self, name: str = "p", phase: str = "Running") -> None:
        """The pod runs, or is over."""
        await self.client.patch(
            PODS, name, {"status": {"phase": phase}}, namespace=self.name, subresource="status"
        )

    async def gone(self, name: str = "p") -> None:
        """The pod is deleted, and its node says that it has ended."""
        await self.delete(PODS, name)
        await self.until(lambda: self._is_going(name), f"pod {name} to go")
        await self.delete(PODS, name, grace_period_seconds=0)

    def _is_going(self, name: str) -> bool:
        pod = self.seen(PODS, name)
        return pod is None or "deletionTimestamp" in pod["metadata"]

    async def say(self, claim: str, **conditions: str) -> None:
        """The driver says something of the first device of a claim."""

        def told(obj: Object) -> Object:
            result = obj["status"]["allocation"]["devices"]["results"][0]
            device = {part: result[part] for part in ("driver", "pool", "device")}
            at = "2026-01-01T00:00:00Z"
            listed = [
                {"type": key, "status": value, "reason": "Seen", "message": "m", "lastTransitionTime": at}
                for key, value in conditions.items()
            ]
            return {**obj, "status": {**obj["status"], "devices": [{**device, "conditions": listed}]}}

        await self.change(RESOURCECLAIMS, claim, told, "status")

    async def change(
        self, resource: Resource, name: str, made: Callable[[Object], Object], subresource: str | None = None
    ) -> None:
        """Write what is made of an object."""
        while True:
            obj = await self.client.get(resource, name, self.name if resource.namespaced else None)
            try:
                await self.client.update(resource, made(obj), subresource)
                return
            except ConflictError:
                continue

    # What is seen.

    def seen(self, resource: Resource, name: str) -> Object | None:
        """An object as it is seen."""
        return self.world.find(resource, name, self.name if resource.namespaced else "")

    def node_of(self, name: str = "p") -> str:
        """The pod's node, or nothing."""
        pod = self.seen(PODS, name)
        return "" if pod is None else str(pod["spec"].get("nodeName") or "")

    def claims_of(self, pod: str = "p") -> list[Object]:
        """The claims that were made for a pod."""
        return [
            one
            for one in self.world.all(RESOURCECLAIMS, self.name)
            if any(owner["name"] == pod for owner in one["metadata"].get("ownerReferences") or [])
        ]

    async def until(self, holds: Callable[[], Any], what: str, seconds: float = _PATIENCE_S) -> None:
        """Return once it holds; LostError."""
        with self.world.attention() as moved:
            try:
                async with asyncio.timeout(seconds):
                    while not holds():
                        moved.clear()
                        await moved.wait()
            except TimeoutError:
                raise LostError(f"waited in vain for {what}") from None

    async def bound(self, *names: str) -> None:
        """Return once the pods have their nodes."""
        for name in names or ("p",):
            await self.until(lambda name=name: self.node_of(name), f"pod {name} to get a node")

    async def refused(self, name: str = "p", reason: str = "FailedScheduling") -> None:
        """Return once an event of the reason tells of the pod."""
        await self.until(lambda: self.told(name, reason), f"an event {reason} of {name}")

    def told(self, name: str, reason: str) -> list[str]:
        """What events of a reason say of an object."""
        return [
            one["message"]
            for one in self.world.all(EVENTS, self.name)
            if one["involvedObject"]["name"] == name and one["reason"] == reason
        ]

    async def allocated(self, name: str = "c", after: str = "") -> str:
        """Return the device once the claim has one, and another one than `after`."""

        def device() -> str:
            claim = self.seen(RESOURCECLAIMS, name) or {}
            allocation = (claim.get("status") or {}).get("allocation")
            return str(allocation["devices"]["results"][0]["device"]) if allocation else ""

        await self.until(lambda: device() not in ("", after), f"claim {name} to be allocated")
        return device()

    async def free(self, name: str = "c") -> None:
        """Return once the claim has nothing and nobody."""

        def holds() -> bool:
            claim = self.seen(RESOURCECLAIMS, name)
            status = (claim or {}).get("status") or {}
            return not status.get("allocation") and not status.get("reservedFor")

        await self.until(holds, f"claim {name} to be free")

    async def away(self, resource: Resource, name: str) -> None:
        """Return once the object is gone."""
        await self.until(lambda: self.seen(resource, name) is None, f"{resource.kind} {name} to be gone")

    async def quiet(self, seconds: float = 1.5, patience: float = _PATIENCE_S) -> None:
        """Return once nothing of the story has changed for so long."""
        end = asyncio.get_running_loop().time() + patience
        before = None
        while (now := self.fingerprint()) != before:
            if asyncio.get_running_loop().time() > end:
                raise LostError("it never came to rest")
            before = now
            await asyncio.sleep(seconds)

    def fingerprint(self) -> object:
        """The versions of all that is the story's."""
        found = [
            (resource.plural, one["metadata"]["name"], one["metadata"]["resourceVersion"])
            for resource in (PODS, RESOURCECLAIMS, RESOURCECLAIMTEMPLATES, EVENTS)
            for one in self.world.all(resource, self.name)
        ]
        return found
