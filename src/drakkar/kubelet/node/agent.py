"""Registers the node and keeps its status and its lease fresh."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import time
from pathlib import Path
from typing import Any

from drakkar.api.object import Object
from drakkar.client import AlreadyExistsError, Client, ClientError, NotFoundError
from drakkar.client.lifetime import keep_all_up
from drakkar.client.resources import LEASES, NODES
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.devices.node_operations import declared_features
from drakkar.kubelet.node.lease import NAMESPACE, lease, lease_spec
from drakkar.kubelet.node.node_status import conditions, node_info
from drakkar.kubelet.pods.allocations import RESIZES
from drakkar.kubelet.pods.status import timestamp
from drakkar.kubelet.runtime.interface import RuntimeStatus

_log = logging.getLogger(__name__)
_LEASE_SECONDS = 10.0
_STATUS_SECONDS = 10.0
# A status without news is written this seldom; the lease is what says that the node lives.
_UNCHANGED_SECONDS = 300.0
_FIRST_RETRY, _LONGEST_RETRY = 0.1, 7.0

_SCRATCH = "ephemeral-storage"
_MESSAGES = {
    "MemoryPressure": "kubelet has sufficient memory available",
    "DiskPressure": "kubelet has no disk pressure",
    "PIDPressure": "kubelet has sufficient PID available",
}


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _memory_kib() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024


def capacity(config: KubeletConfig) -> dict[str, str]:
    """What the machine has."""
    disk = os.statvfs(config.root_dir)
    return {
        "cpu": str(os.cpu_count() or 1),
        "memory": f"{_memory_kib()}Ki",
        _SCRATCH: f"{disk.f_frsize * disk.f_blocks // 1024}Ki",
        "pods": str(config.max_pods),
    }


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _system() -> str:
    for line in _read("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


class NodeAgent:
    """Tells the API server of this node; `port` is where its own server listens."""

    def __init__(self, client: Client, config: KubeletConfig, runtime: RuntimeStatus, port: int) -> None:
        self._client = client
        self._config = config
        self._runtime = runtime
        self._port = port
        self._ready_since = ""
        self._written = 0.0
        self._last: Object = {}
        # Of the Node as it was last seen; one that is deleted and made again has another.
        self._uid = ""

    def labels(self) -> dict[str, str]:
        """The labels every node has."""
        arch, name = _architecture(), self._config.node_name
        return {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": arch,
            "beta.kubernetes.io/os": "linux",
            "beta.kubernetes.io/arch": arch,
        }

    def annotations(self) -> dict[str, str]:
        """What this node's runtime is, and what it cannot do."""
        return {"drakkar.dev/container-isolation": self._runtime.message}

    def status(self, now: float) -> Object:
        """The node's status."""
        has = capacity(self._config)
        since = self._ready_since = self._ready_since or timestamp(now)
        ready = {"Ready": f"kubelet is posting ready status; {self._runtime.message}"}
        return {
            "capacity": has,
            "allocatable": dict(has),
            "conditions": conditions(_MESSAGES | ready, now, since),
            "addresses": [
                {"type": "InternalIP", "address": self._config.address},
                {"type": "Hostname", "address": self._config.node_name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._port}},
            "nodeInfo": node_info(
                self._runtime,
                _system(),
                _architecture(),
                _read("/etc/machine-id"),
                _read("/proc/sys/kernel/random/boot_id"),
            ),
            # Nothing takes away what an earlier life of the kubelet declared.
            "declaredFeatures": sorted([*declared_features(self._config.gates), *RESIZES]),
        }

    async def register(self) -> Object:
        """Make the Node, or bring an earlier life's up to date; tries until it works. The Node."""
        pause = _FIRST_RETRY
        while True:
            try:
                return await self._register()
            except ClientError as error:
                _log.warning("registering node %s: %s; will try again", self._config.node_name, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_RETRY)

    async def _register(self) -> Object:
        name = self._config.node_name
        meta = {"labels": self.labels(), "annotations": self.annotations()}
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, **meta},
            "spec": {},
        }
        try:
            await self._client.create(NODES, node)
            _log.info("registered node %s", name)
        except AlreadyExistsError:
            await self._client.patch(NODES, name, {"metadata": meta}, kind="strategic")
        return await self._write_status(time.time())

    async def _write_status(self, now: float) -> Object:
        body = {"status": self.status(now)}
        node = await self._client.patch(
            NODES, self._config.node_name, body, kind="strategic", subresource="status"
        )
        self._written = time.monotonic()
        self._last = body["status"]
        self._uid = node["metadata"]["uid"]
        return node

    async def run(self) -> None:
        """Heartbeats until cancelled."""
        await keep_all_up(
            {
                "the node's status": lambda: self._repeat(self._beat_status, _STATUS_SECONDS, "status"),
                "the node's lease": lambda: self._repeat(self._beat_lease, _LEASE_SECONDS, "lease"),
            }
        )

    async def _repeat(self, beat: Any, seconds: float, what: str) -> None:
        while True:
            try:
                await beat()
            except NotFoundError:
                # Somebody deleted the node; while we live it is to be there.
                await self.register()
            except ClientError as error:
                _log.warning("node %s: %s not written: %s", self._config.node_name, what, error)
            await asyncio.sleep(seconds)

    async def _beat_status(self) -> None:
        node = await self._client.get(NODES, self._config.node_name)
        if node["metadata"]["uid"] != self._uid:
            # Somebody made it anew, and it lacks all that is ours.
            await self.register()
            return
        now = time.time()
        believed = _said(self._last).items() <= _said(node.get("status") or {}).items()
        if not believed:
            # While we were silent somebody said that nothing is known of the node.
            self._ready_since = timestamp(now)
        fresh = self.status(now)
        same = believed and _quiet(fresh) == _quiet(self._last)
        if same and time.monotonic() - self._written < _UNCHANGED_SECONDS:
            return
        await self._write_status(now)

    async def _beat_lease(self) -> None:
        name = self._config.node_name
        node = await self._client.get(NODES, name)
        wanted = lease(name, node["metadata"]["uid"])
        try:
            found = await self._client.get(LEASES, name, NAMESPACE)
        except NotFoundError:
            await self._client.create(LEASES, wanted, NAMESPACE)
            return
        # With an owner that is gone it would be collected.
        found["metadata"]["ownerReferences"] = wanted["metadata"]["ownerReferences"]
        found["spec"] = found.get("spec", {}) | lease_spec(name)
        await self._client.update(LEASES, found)


def _said(status: Object) -> dict[str, Any]:
    """The statuses of a node's conditions, by their types."""
    return {item.get("type"): item.get("status") for item in status.get("conditions") or ()}


def _quiet(status: Object) -> Object:
    """A status without the times that change by themselves."""
    conditions = [
        {key: value for key, value in item.items() if key != "lastHeartbeatTime"}
        for item in status.get("conditions", ())
    ]
    return {**status, "conditions": conditions}
