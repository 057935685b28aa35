"""The parts of a Node's status that every kubelet writes alike, be there something behind it or not."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from drakkar.api.kubernetes_version import GIT_VERSION
from drakkar.api.object import Object
from drakkar.kubelet.pods.status import timestamp
from drakkar.kubelet.runtime.interface import RuntimeStatus

# Conditions of a node that is well: status and reason.
_WELL = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID"),
    "Ready": ("True", "KubeletReady"),
}


def conditions(messages: Mapping[str, str], now: float, since: str) -> list[Object]:
    """Of a node that is well `since` then; a message for each."""
    return [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": messages[kind],
            "lastHeartbeatTime": timestamp(now),
            "lastTransitionTime": since,
        }
        for kind, (status, reason) in _WELL.items()
    ]


def node_info(
    runtime: RuntimeStatus, image: str, architecture: str, machine: str = "", boot: str = ""
) -> Object:
    """What the node is and what runs its pods; `image` is its operating system's name."""
    return {
        "machineID": machine,
        "systemUUID": machine,
        "bootID": boot,
        "kernelVersion": platform.release(),
        "osImage": image,
        "containerRuntimeVersion": f"{runtime.name}://{runtime.version}",
        "kubeletVersion": GIT_VERSION,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": architecture,
    }
