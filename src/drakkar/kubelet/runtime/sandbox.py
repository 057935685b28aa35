"""What the containers of a pod share, in a runtime."""

from __future__ import annotations

from dataclasses import dataclass

from drakkar.api.core import Pod
from drakkar.api.object import Uid


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """A pod's sandbox as it is wanted. `ip` is the address that the pod's status shows from before; "" shows none."""

    pod_uid: Uid
    namespace: str
    name: str
    host_network: bool = False
    ip: str = ""

    @classmethod
    def of(cls, pod: Pod) -> SandboxSpec:
        """For a pod as in the API."""
        meta = pod.metadata
        return cls(
            pod_uid=meta.uid,
            namespace=meta.namespace,
            name=meta.name,
            host_network=pod.spec.host_network,
            ip=pod.status.pod_ip,
        )


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A pod's sandbox as it is."""

    pod_uid: Uid
    ip: str
