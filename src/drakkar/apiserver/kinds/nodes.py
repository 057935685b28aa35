"""Nodes: their defaults, and two names for the network of their pods."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.strategy import Strategy, selectable
from drakkar.apiserver.tables.cluster import NODES
from drakkar.validation.field_error import FieldError
from drakkar.validation.node import node_changes, node_problems, node_status_problems, node_warnings

# Go holds them by value, so that they are there even where nothing is said of them.
_INFO = (
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "osImage",
    "containerRuntimeVersion",
    "kubeletVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture",
)


def _default(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    # The one network is what clients of old times know; where both are named and differ, it holds.
    one, several = spec.get("podCIDR"), spec.get("podCIDRs")
    if one and (not several or several[0] != one):
        spec["podCIDRs"] = [one]
    elif several:
        spec["podCIDR"] = several[0]
    status = obj.setdefault("status", {})
    _allocatable(status)
    status["nodeInfo"] = {**dict.fromkeys(_INFO, ""), **(status.get("nodeInfo") or {})}
    ports = status.get("daemonEndpoints") or {}
    kubelet = ports.get("kubeletEndpoint") or {}
    status["daemonEndpoints"] = {**ports, "kubeletEndpoint": {**kubelet, "Port": kubelet.get("Port") or 0}}


def _allocatable(status: Object) -> None:
    if status.get("allocatable") is None and status.get("capacity") is not None:
        status["allocatable"] = dict(status["capacity"])


def _prepare(new: Object, old: Object | None, now: str) -> None:
    """Drop what was once taken, and is only left to whoever has it."""
    if old is None or (old.get("spec") or {}).get("configSource") is None:
        new["spec"].pop("configSource", None)
    if old is None:
        new["status"].pop("config", None)


def _status_changes(old: Object, new: Object) -> list[FieldError]:
    _allocatable(new["status"])
    return [*node_status_problems(new), *node_changes(old, new)]


# A kubelet registers its node with the status it has.
STRATEGY = Strategy(
    columns=NODES,
    default=_default,
    prepare=_prepare,
    rules=node_problems,
    changes=node_changes,
    status_changes=_status_changes,
    warns=node_warnings,
    fields=selectable("spec.unschedulable", unschedulable="false"),
    born_with_status=True,
)
