"""Pods with claims that come and go, as fast as the control plane takes them."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

from drakkar.client import AlreadyExistsError, Client, ClientError, Informer, NotFoundError
from drakkar.client.changes import Change
from drakkar.client.resources import DEVICECLASSES, PODS, RESOURCECLAIMS, RESOURCECLAIMTEMPLATES, Resource

Object = dict[str, Any]
NAMESPACE = "default"
CREATORS = 8
IN_FLIGHT = 150


def _is_over(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


class Load:
    """Makes pods, and deletes each when it has run; `gone` counts those that are gone again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names = itertools.count()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._over: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.gone = 0
        self.moved = asyncio.Event()
        self.pods = Informer(client, PODS, NAMESPACE)
        self.claims = Informer(client, RESOURCECLAIMS, NAMESPACE)
        self.pods.add_handler(self._changed)

    def _changed(self, change: Change) -> None:
        old, new = change.old, change.new
        if new is None:
            self.gone += 1
            self._slots.release()
        elif _is_over(new) and not (old is not None and _is_over(old)):
            self._over.put_nowait((new["metadata"]["name"], new["metadata"]["uid"]))
        self.moved.set()

    async def prepare(self) -> None:
        selector = {"cel": {"expression": "device.driver == 'gpu.example.com'"}}
        await self._create(
            DEVICECLASSES, {"metadata": {"name": "gpu.example.com"}, "spec": {"selectors": [selector]}}
        )
        requests = [{"name": "gpu", "exactly": {"deviceClassName": "gpu.example.com"}}]
        await self._create(
            RESOURCECLAIMTEMPLATES,
            {"metadata": {"name": "one"}, "spec": {"spec": {"devices": {"requests": requests}}}},
        )

    async def _create(self, resource: Resource, obj: Object) -> None:
        whole = {"apiVersion": resource.api_version, "kind": resource.kind, **obj}
        while True:
            try:
                await self._client.create(resource, whole, NAMESPACE if resource.namespaced else None)
                return
            except AlreadyExistsError:
                return
            except ClientError as error:
                if not error.maybe_applied and getattr(error, "code", 429) != 429:
                    raise
                await asyncio.sleep(0.1)

    def _pod(self, name: str) -> Object:
        container = {"name": "c", "image": "busybox", "resources": {"claims": [{"name": "gpu"}]}}
        spec = {
            "restartPolicy": "Never",
            "containers": [container],
            "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one"}],
        }
        return {
            "metadata": {"name": name, "annotations": {"drakkar.dev/simulated-seconds": "0"}},
            "spec": spec,
        }

    async def _make(self, numbers: Any) -> None:
        for number in numbers:
            await self._slots.acquire()
            await self._create(PODS, self._pod(f"pod-{number}"))

    async def _delete(self) -> None:
        while True:
            name, uid = await self._over.get()
            while True:
                try:
                    await self._client.delete(PODS, name, NAMESPACE, grace_period_seconds=0, uid=uid)
                    break
                except NotFoundError:
                    break
                except ClientError as error:
                    if getattr(error, "code", 500) == 409:
                        # Another pod has its name by now.
                        break
                    await asyncio.sleep(0.1)

    async def run(self, pods: int) -> float:
        """Let so many more pods come and go; how many a second did."""
        began, before = time.monotonic(), self.gone
        first = next(self._names)
        numbers = iter(range(first, first + pods))
        self._names = itertools.count(first + pods)
        async with asyncio.TaskGroup() as group:
            deleting = [group.create_task(self._delete()) for _ in range(CREATORS)]
            making = [group.create_task(self._make(numbers)) for _ in range(CREATORS)]
            await asyncio.wait(making)
            while self.gone - before < pods:
                self.moved.clear()
                await self.moved.wait()
            for task in deleting:
                task.cancel()
        return pods / (time.monotonic() - began)

    async def until_no_claims(self, seconds: float) -> list[str]:
        """The claims that are left after so long, if any."""
        try:
            async with asyncio.timeout(seconds):
                while self.claims.store:
                    self.moved.clear()
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pass
        return sorted(name for _, name in self.claims.store)
