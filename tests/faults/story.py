"""A random story of users: pods with and without claims come and go, some by force, claims are deleted and made again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import Callable
from typing import Any

from drakkar.client import AlreadyExistsError, Client, ClientError, NotFoundError, Resource, key_of
from drakkar.client.resources import DEVICECLASSES, PODS, RESOURCECLAIMS, RESOURCECLAIMTEMPLATES

from .cluster import Cluster
from .watcher import HEARTBEAT, Watcher, claims_of, is_over

Object = dict[str, Any]
NAMESPACE = "default"
SHARED = ["shared-0", "shared-1", "shared-2"]
# Fewer than there are devices, so that whoever waits waits for nobody's sake.
ALIVE = 14
SETTLE_SECONDS = 120.0


def _requests(name: str = "gpu.example.com") -> Object:
    return {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": name}}]}}


def _why(pod: Object) -> str:
    """What the scheduler says of a pod that is on no node."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return "".join(
        f": {one.get('message')}"
        for one in conditions
        if one["type"] == "PodScheduled" and one["status"] != "True"
    )


class Story:
    """Told to a cluster's API server directly, while its parts are in trouble."""

    def __init__(self, cluster: Cluster, client: Client, watcher: Watcher, dice: random.Random) -> None:
        self.cluster, self.client, self.watcher, self.dice = cluster, client, watcher, dice
        self.made = 0
        self._names = itertools.count()

    async def surely(self, what: Callable[[], Any]) -> None:
        """Ask until the server has answered; that it is there already, or gone already, is an answer."""
        while True:
            try:
                await what()
                return
            except (AlreadyExistsError, NotFoundError):
                return
            except ClientError as error:
                if not error.maybe_applied and getattr(error, "code", 0) not in (0, 429):
                    raise
                await asyncio.sleep(0.05)

    async def create(self, resource: Resource, obj: Object) -> None:
        whole = {"apiVersion": resource.api_version, "kind": resource.kind, **obj}
        await self.surely(
            lambda: self.client.create(resource, whole, NAMESPACE if resource.namespaced else None)
        )

    async def begin(self) -> None:
        selector = {"cel": {"expression": "device.driver == 'gpu.example.com'"}}
        await self.create(
            DEVICECLASSES, {"metadata": {"name": "gpu.example.com"}, "spec": {"selectors": [selector]}}
        )
        await self.create(
            RESOURCECLAIMTEMPLATES, {"metadata": {"name": "one"}, "spec": {"spec": _requests()}}
        )
        for name in SHARED:
            await self.create(RESOURCECLAIMS, {"metadata": {"name": name}, "spec": _requests()})
        await self.create(RESOURCECLAIMS, {"metadata": {"name": HEARTBEAT}, "spec": _requests()})
        gate = {"schedulingGates": [{"name": "drakkar.dev/never"}]}
        await self.create(PODS, self._pod(HEARTBEAT, gate))

    def _pod(self, name: str, more: Object) -> Object:
        container = {"name": "c", "image": "busybox", "command": ["sleep", "0.3"]}
        spec = {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "containers": [container],
            **more,
        }
        seconds = {"drakkar.dev/simulated-seconds": "0.3"}
        return {"metadata": {"name": name, "annotations": seconds}, "spec": spec}

    async def _create_pod(self) -> None:
        name = f"pod-{next(self._names)}"
        kind = self.dice.random()
        more: Object = {}
        if kind < 0.6:
            more["resourceClaims"] = [{"name": "gpu", "resourceClaimTemplateName": "one"}]
        elif kind < 0.85:
            more["resourceClaims"] = [{"name": "gpu", "resourceClaimName": self.dice.choice(SHARED)}]
        if kind > 0.95:
            more["nodeSelector"] = {"kubernetes.io/hostname": "drakkar-worker"}
        pod = self._pod(name, more)
        if more.get("resourceClaims"):
            pod["spec"]["containers"][0]["resources"] = {"claims": [{"name": "gpu"}]}
        if self.dice.random() < 0.2:
            # One that stays until somebody deletes it.
            pod["spec"]["restartPolicy"] = "Always"
            pod["spec"]["containers"][0]["command"] = ["sleep", "100000"]
        await self.create(PODS, pod)
        self.made += 1

    def _pods(self) -> list[Object]:
        return [pod for pod in self.watcher.state.pods.values() if key_of(pod)[1] != HEARTBEAT]

    async def _delete_pod(self, pod: Object) -> None:
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        grace = self.dice.choice([None, None, 0, 1])
        await self.surely(
            lambda: self.client.delete(PODS, name, NAMESPACE, grace_period_seconds=grace, uid=uid)
        )

    async def _renew_claim(self, name: str) -> None:
        """Delete a shared claim; it goes when nobody uses it, and is made again then."""
        await self.surely(lambda: self.client.delete(RESOURCECLAIMS, name, NAMESPACE))

    async def _make_shared(self) -> None:
        for name in SHARED:
            if (NAMESPACE, name) not in self.watcher.state.claims:
                await self.create(RESOURCECLAIMS, {"metadata": {"name": name}, "spec": _requests()})

    async def tell(self, pods: int) -> None:
        """Let as many pods come and go."""
        while self.made < pods and self.watcher.broken is None:
            self.watcher.moved.clear()
            known = self._pods()
            alive = [pod for pod in known if not is_over(pod)]
            await self._make_shared()
            if len(alive) < ALIVE:
                for _ in range(self.dice.randint(1, 5)):
                    await self._create_pod()
            over = [pod for pod in known if is_over(pod)]
            for pod in over:
                if self.dice.random() < 0.5:
                    await self._delete_pod(pod)
            if alive and self.dice.random() < 0.4:
                await self._delete_pod(self.dice.choice(alive))
            if self.dice.random() < 0.05:
                await self._renew_claim(self.dice.choice(SHARED))
            # What was done is seen before more is done.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self.watcher.moved.wait()

    async def trouble(self) -> None:
        """Never the same part for long: lost requests, broken watches, kills."""
        while True:
            await asyncio.sleep(self.dice.uniform(0.3, 2.0))
            for proxy in self.cluster.proxies.values():
                proxy.trouble = 0.0
            if self.dice.random() < 0.35:
                self.cluster.kill(self.dice.choice(self.cluster.parts))
                continue
            proxy = self.cluster.proxies[self.dice.choice(list(self.cluster.proxies))]
            proxy.trouble = self.dice.choice([0.05, 0.2, 0.5])
            if self.dice.random() < 0.3:
                proxy.cut()

    async def calm(self) -> None:
        for proxy in self.cluster.proxies.values():
            await proxy.calm()

    async def until(self, what: str, found: Callable[[], list[str]]) -> None:
        """Wait until `found` finds nothing any more; AssertionError with what it found."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while self.watcher.broken is None and found():
                    self.watcher.moved.clear()
                    await self.watcher.moved.wait()
        except TimeoutError:
            names = found()
            told = [await self._told(name) for name in names]
            raise AssertionError(
                f"{what} after {SETTLE_SECONDS:g} s: {', '.join(names)}\n{self.watcher.lag}{''.join(told)}{self.cluster.logs(40)}"
            ) from None

    async def _told(self, name: str) -> str:
        """What was seen of a claim, and what the server says of it and of its pods now."""
        try:
            now = str(await self.client.get(RESOURCECLAIMS, name.split()[0], NAMESPACE))
        except ClientError as error:
            now = repr(error)
        seen = self.watcher.state.history((NAMESPACE, name.split()[0]))
        users = [
            f"{pod['metadata']['name']} {pod['metadata']['uid']} {pod['spec'].get('nodeName')}"
            f" {(pod.get('status') or {}).get('phase')} {pod['metadata'].get('deletionTimestamp')}"
            for pod in self._pods()
            if name.split()[0] in claims_of(pod)
        ]
        return f"\n{seen}\n  now {now}\n  used by {users}"

    def stuck(self) -> list[str]:
        """Pods that could run and do not."""
        return [
            f"{pod['metadata']['name']} ({(pod.get('status') or {}).get('phase')} on {pod['spec'].get('nodeName')}{_why(pod)})"
            for pod in self._pods()
            if (pod.get("status") or {}).get("phase") not in ("Running", "Succeeded", "Failed")
            or pod["metadata"].get("deletionTimestamp")
        ]

    @property
    def _ending(self) -> set[str]:
        """The claims that are being deleted and are not gone yet."""
        claims = self.watcher.state.claims.values()
        return {claim["metadata"]["name"] for claim in claims if claim["metadata"].get("deletionTimestamp")}

    async def _delete(self, name: str) -> None:
        await self.surely(lambda: self.client.delete(PODS, name, NAMESPACE))

    async def end(self) -> None:
        """All is well again: what can run runs; then everything goes, and nothing is left."""
        await self.calm()
        # A shared claim that is being deleted goes with the last pod that runs with it; those that wait need a new one.
        for pod in self._pods():
            if pod["spec"].get("nodeName") and not is_over(pod) and self._ending & set(claims_of(pod)):
                await self._delete(pod["metadata"]["name"])
        await self.until("claims stay", lambda: sorted(self._ending))
        await self._make_shared()
        await self.until("pods do not run", self.stuck)
        for pod in self._pods():
            await self._delete(pod["metadata"]["name"])
        await self.until("pods are left", lambda: [pod["metadata"]["name"] for pod in self._pods()])
        await self.until("claims are left", self.left)

    def left(self) -> list[str]:
        """Claims that should be gone, or that nobody uses and that are not free."""
        return [
            key[1]
            for key, claim in self.watcher.state.claims.items()
            if key[1] not in (*SHARED, HEARTBEAT) or (claim.get("status") or {}).get("allocation")
        ]
