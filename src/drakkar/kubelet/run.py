"""One node's agent from start to stop. Containers outlive it; the next run takes them over."""

from __future__ import annotations

import asyncio
import logging
import os
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from drakkar.api.workloads import Service
from drakkar.client import Client, EventRecorder, until_stopped
from drakkar.client.lifetime import keep_all_up
from drakkar.client.resources import RESOURCECLAIMS, SERVICES
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.devices.cdi_files import CdiFiles
from drakkar.kubelet.devices.claims import DraState
from drakkar.kubelet.devices.plugins import PluginRegistry
from drakkar.kubelet.devices.slice_wipes import SliceWipes, wipe_by
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.host.seclusion import Seclusion
from drakkar.kubelet.node import lock as node_lock
from drakkar.kubelet.node.agent import NodeAgent, capacity
from drakkar.kubelet.node.service_proxy import ServiceProxy
from drakkar.kubelet.node.typed_copy import TypedCopy
from drakkar.kubelet.pods.allocations import Allocations
from drakkar.kubelet.pods.environment import NodeFacts
from drakkar.kubelet.pods.node_context import NodeContext, tell_of_node
from drakkar.kubelet.pods.pods import Pods
from drakkar.kubelet.runtime.addresses import PodAddresses
from drakkar.kubelet.runtime.interface import ContainerRuntime
from drakkar.kubelet.runtime.process.images import ImageTable
from drakkar.kubelet.runtime.process.mounts import probe
from drakkar.kubelet.runtime.process.runtime import ProcessRuntime
from drakkar.kubelet.server.server import KubeletServer

_log = logging.getLogger(__name__)
_SERVICES_SECONDS = 30.0


def _server(client: Client) -> tuple[str, int]:
    url = urlsplit(client.server)
    return url.hostname or "127.0.0.1", url.port or (443 if url.scheme == "https" else 80)


async def _serve_node_ports(kubeconfig: Path, address: str, events: EventRecorder) -> None:
    # A node may not read endpoints; what serves them has a name of its own.
    async with Client.from_kubeconfig(kubeconfig) as client:
        await ServiceProxy(client, address, events).run()


async def run(client: Client, config: KubeletConfig, stop: asyncio.Event) -> None:
    """Run the node's pods until `stop` is set; NodeTakenError while another process does."""
    # What containers may write is up to them; what we write for them is not for others.
    os.umask(0o022)
    config.make_directories()
    lock = node_lock.take(config.root_dir)
    try:
        await _run(client, config, stop)
    finally:
        os.close(lock)


async def _runtime(config: KubeletConfig, seclusion: Seclusion) -> ContainerRuntime:
    """What runs the node's containers, with those that an earlier run has left."""
    isolation = await asyncio.to_thread(probe)
    _log.info("node %s: %s", config.node_name, isolation.message)
    images = ImageTable(config.images_file)
    images.install_programs(config.bin_dir)
    addresses = PodAddresses(config.address)
    made = ProcessRuntime(config.containers_dir, isolation, config.log_bytes, seclusion, images, addresses)
    await made.recover()
    return made


async def _run(client: Client, config: KubeletConfig, stop: asyncio.Event) -> None:
    registry = PluginRegistry(config.registry_dir, kubelet_dir=config.kubelet_dir)
    services = TypedCopy(client, SERVICES, Service)
    events = EventRecorder(client, "kubelet", config.node_name)
    node = await _context(client, config, registry, services, events)
    pods = Pods(node)
    server = KubeletServer(config, pods, node.runtime, client)
    agent = NodeAgent(client, config, node.runtime.status(), await server.start())

    # A pod whose driver is not there yet waits ever longer; it is not to wait when the driver has come.
    registry.on_change(pods.wake_all)
    wipes = SliceWipes(wipe_by(client, config.node_name), registry.drivers)
    registry.on_change(wipes.look)
    node.dra.on_given_back(pods.wake_all)

    async def run_pods() -> None:
        # A pod's environment holds its services; one started before they are read would lack them for good.
        await services.informer.wait_synced(_SERVICES_SECONDS)
        await pods.run()

    async def serve_node_ports() -> None:
        if config.service_proxy is not None:
            await _serve_node_ports(config.service_proxy, config.address, events)

    async def work() -> None:
        await agent.register()
        # A mistake of one part is not the end of the others, and least of all of the pods.
        await keep_all_up(
            {
                "the plugin registry": registry.run,
                "the slices of drivers that go": wipes.run,
                "the watch of services": services.informer.run,
                "the node's heartbeats": agent.run,
                "the node's pods": run_pods,
                "node ports": serve_node_ports,
            },
            node.tell,
        )

    try:
        await until_stopped(work(), stop, [events])
    finally:
        await server.aclose()
        await registry.aclose()
        node.runtime.close()


async def _context(
    client: Client,
    config: KubeletConfig,
    registry: PluginRegistry,
    services: TypedCopy[Service],
    events: EventRecorder,
) -> NodeContext:
    async def get_claim(namespace: str, name: str) -> dict[str, Any]:
        return await client.get(RESOURCECLAIMS, name, namespace)

    host_paths = HostPaths.of(config)
    host, port = _server(client)
    has = capacity(config)
    return NodeContext(
        client=client,
        config=config,
        runtime=await _runtime(config, host_paths.seclusion),
        dra=DraState(config.checkpoint_dir, registry, get_claim, config.gates),
        cdi=CdiFiles(config.cdi_dirs, partial(tell_of_node, events, config.node_name, "InvalidCDISpec")),
        host_paths=host_paths,
        facts=NodeFacts(host, port, config.address, has, config.bin_dir),
        events=events,
        services=services.structs.values,
        allocations=Allocations(has),
    )
