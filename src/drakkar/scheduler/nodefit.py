"""Whether a node has room for a pod: resource requests, the number of pods, and host ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from drakkar.api.quantity import NANO, Quantity

# By resource, in nano-units: whole numbers, however finely somebody divides a processor.
Amounts = dict[str, int]


def amount(text: object) -> int:
    """A quantity as the API writes it, in nano-units; ValueError for anything else."""
    return Quantity.parse(str(text)).nanos


def _add(total: Amounts, more: Mapping[str, int]) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0) + value


def _raise_to(total: Amounts, floor: Mapping[str, int]) -> None:
    for name, value in floor.items():
        total[name] = max(total.get(name, 0), value)


def _requests(holder: Mapping[str, Any]) -> Amounts:
    resources = holder.get("resources") or {}
    # The API server defaults requests from limits; doing it here too keeps offline plans honest.
    merged = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: amount(value) for name, value in merged.items()}


def pod_requests(pod: Mapping[str, Any]) -> Amounts:
    """What the pod needs at its peak: init containers run one by one, sidecars stay for good."""
    spec = pod.get("spec") or {}
    total: Amounts = {}
    for container in spec.get("containers") or []:
        _add(total, _requests(container))
    peak: Amounts = {}
    sidecars: Amounts = {}
    for container in spec.get("initContainers") or []:
        need = _requests(container)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, need)
            _raise_to(peak, sidecars)
        else:
            _add(need, sidecars)
            _raise_to(peak, need)
    _add(total, sidecars)
    _raise_to(total, peak)
    if spec.get("resources"):
        total.update(_requests(spec))
    _add(total, {name: amount(value) for name, value in (spec.get("overhead") or {}).items()})
    return total


class Requests:
    """What pods need, worked out once for each object: a pod that changes is another object. `forget` what is gone."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Mapping[str, Any], Amounts]] = {}

    def of(self, pod: Mapping[str, Any]) -> Amounts:
        """`pod_requests`, not to be changed."""
        uid = str(pod["metadata"].get("uid", ""))
        known = self._known.get(uid)
        if known is not None and known[0] is pod:
            return known[1]
        needs = pod_requests(pod)
        if uid:
            self._known[uid] = pod, needs
        return needs

    def forget(self, pod: Mapping[str, Any]) -> None:
        """The pod is gone."""
        self._known.pop(str(pod["metadata"].get("uid", "")), None)

    def __len__(self) -> int:
        return len(self._known)


def host_ports(pod: Mapping[str, Any]) -> set[tuple[str, str, int]]:
    """The (address, protocol, port) triples the pod binds on its node."""
    spec = pod.get("spec") or {}
    found: set[tuple[str, str, int]] = set()
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        for port in container.get("ports") or []:
            number = port.get("hostPort") or (port.get("containerPort") if spec.get("hostNetwork") else None)
            if number:
                found.add((port.get("hostIP") or "0.0.0.0", port.get("protocol") or "TCP", int(number)))
    return found


def _ports_clash(wanted: set[tuple[str, str, int]], used: set[tuple[str, str, int]]) -> bool:
    return any(
        (protocol, number) == (other_protocol, other_number)
        and (address == other or "0.0.0.0" in (address, other))
        for address, protocol, number in wanted
        for other, other_protocol, other_number in used
    )


def fit_reasons(
    pod: Mapping[str, Any],
    node: Mapping[str, Any],
    on_node: Iterable[Mapping[str, Any]],
    requests: Requests | None = None,
) -> list[str]:
    """Why the pod does not fit next to the pods already on the node; empty if it does."""
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    others = list(on_node)
    reasons: list[str] = []
    wanted = host_ports(pod)
    if wanted and any(_ports_clash(wanted, host_ports(other)) for other in others):
        reasons.append("node(s) didn't have free ports for the requested pod ports")
    if "pods" in allocatable and (len(others) + 1) * NANO > amount(allocatable["pods"]):
        reasons.append("Too many pods")
    of = pod_requests if requests is None else requests.of
    need = {name: value for name, value in of(pod).items() if value > 0}
    if need:
        used: Amounts = {}
        for other in others:
            _add(used, of(other))
        for name, value in need.items():
            if value + used.get(name, 0) > amount(allocatable.get(name, 0)):
                reasons.append(f"Insufficient {name}")
    return reasons
