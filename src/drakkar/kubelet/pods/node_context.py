"""What the parts of one node's agent share: its client, runtime, devices and facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from drakkar.api.workloads import Service
from drakkar.client import Client, EventRecorder
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.devices.cdi_files import CdiFiles
from drakkar.kubelet.devices.claims import DraState
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.pods.allocations import Allocations
from drakkar.kubelet.pods.environment import NodeFacts
from drakkar.kubelet.runtime.interface import ContainerRuntime


@dataclass(frozen=True, slots=True)
class NodeContext:
    """Made once when the agent starts. `services` gives all Services as they are now."""

    client: Client
    config: KubeletConfig
    runtime: ContainerRuntime
    dra: DraState
    cdi: CdiFiles
    host_paths: HostPaths
    facts: NodeFacts
    events: EventRecorder
    services: Callable[[], Iterable[Service]]
    allocations: Allocations

    def tell(self, message: str) -> None:
        """Say in an event of the node that something of its agent has failed."""
        tell_of_node(self.events, self.config.node_name, "KubeletFailed", message)


def tell_of_node(events: EventRecorder, node_name: str, reason: str, message: str) -> None:
    """Warn in an event of the node."""
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node_name}}
    events.event(node, "Warning", reason, message)
