"""What the containers of a pod share, in a runtime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """A pod's sandbox as it is wanted. `ip` is the address that the pod's status shows from before; "" shows none."""

    pod_uid: str
    namespace: str
    name: str
    host_network: bool = False
    ip: str = ""

    @classmethod
    def of(cls, pod: Mapping[str, Any]) -> SandboxSpec:
        """For a pod as in the API."""
        meta = pod["metadata"]
        return cls(
            pod_uid=str(meta["uid"]),
            namespace=str(meta["namespace"]),
            name=str(meta["name"]),
            host_network=bool(pod["spec"].get("hostNetwork")),
            ip=str((pod.get("status") or {}).get("podIP") or ""),
        )


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A pod's sandbox as it is."""

    pod_uid: str
    ip: str
