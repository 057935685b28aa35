"""What pods need of a node and what a node has: whole numbers, processors in thousandths, as Kubernetes' scheduler counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drakkar.api.core import Amounts as Written
from drakkar.api.core import Container, Pod, PodSpec, Resources
from drakkar.api.pod_totals import add, peak
from drakkar.api.quantity import NANO, Quantity

# By resource; "cpu" in thousandths, all else in units, each rounded up.
Amounts = dict[str, int]

CPU, MEMORY, PODS = "cpu", "memory", "pods"
# What a container has, in billionths.
Given = Callable[[Container], dict[str, int]]
_PENDING = "PodResizePending"
# What upstream's scores count for a container that does not say what it needs.
_UNSAID = {CPU: 100 * NANO // 1000, MEMORY: 200 * 1024**2 * NANO}


def _rounded(nanos: Mapping[str, int]) -> Amounts:
    return {name: -(-value // (NANO // 1000 if name == CPU else NANO)) for name, value in nanos.items()}


def _read(written: Written) -> dict[str, int]:
    return {name: Quantity.parse(str(value)).nanos for name, value in written.items()}


def _stated(resources: Resources) -> dict[str, int]:
    # An API server takes a missing request from the limit; documents have not been there.
    return _read({**resources.limits, **resources.requests})


def _peak(spec: PodSpec, unsaid: Mapping[str, int], given: Given | None = None) -> dict[str, int]:
    """`given` says of a container what it has, where that is not what it says itself."""

    def of(container: Container) -> dict[str, int]:
        return {**unsaid, **(_stated(container.resources) if given is None else given(container))}

    before = [(of(one), one.restart_policy == "Always") for one in spec.init_containers]
    total = peak([of(one) for one in spec.containers], before)
    total.update(_stated(spec.resources))
    add(total, _read(spec.overhead))
    return total


def needs(spec: PodSpec) -> Amounts:
    """What the pod takes at its peak, without what it takes nothing of: init containers run one by one, sidecars stay
    (KEP-753), amounts of the pod as a whole count instead of its containers' (KEP-2837). QuantityError.
    """
    return {name: amount for name, amount in _rounded(_peak(spec, {})).items() if amount}


def held(pod: Pod) -> tuple[Amounts, tuple[int, int]]:
    """The same of a pod that may have another size than it asks for: the most of what it asks for, has been given, and is in
    force (KEP-1287), less the first where its node can never give it. And what it counts for where nodes are compared:
    thousandths of a processor, and bytes.
    """
    sizes = _sizes(pod)
    taken = _rounded(_most([_peak(pod.spec, {}, given) for given in sizes]))
    counted = _rounded(_most([_peak(pod.spec, _UNSAID, given) for given in sizes]))
    some = {name: amount for name, amount in taken.items() if amount}
    return some, (counted.get(CPU, 0), counted.get(MEMORY, 0))


def _most(sizes: list[dict[str, int]]) -> dict[str, int]:
    most: dict[str, int] = {}
    for one in sizes:
        most.update({name: amount for name, amount in one.items() if amount > most.get(name, -1)})
    return most


def _sizes(pod: Pod) -> list[Given | None]:
    """How large its containers are to be, and have been made."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    told = {one.name: one for one in statuses if one.resources is not None or one.allocated_resources}
    if not told:
        return [None]

    def allocated(container: Container) -> dict[str, int]:
        status = told.get(container.name)
        if status is None or not status.allocated_resources:
            return {} if refused else _stated(container.resources)
        return _read(status.allocated_resources)

    def in_force(container: Container) -> dict[str, int]:
        status = told.get(container.name)
        if status is None or status.resources is None or not status.resources.requests:
            return allocated(container)
        return _read(status.resources.requests)

    refused = any(one.type == _PENDING and one.reason == "Infeasible" for one in pod.status.conditions)
    return [*([] if refused else [None]), allocated, in_force]


def allocatable(written: Written) -> Amounts:
    """What a node has for pods; QuantityError."""
    return _rounded(_read(written))


def told(name: str, amount: int) -> str:
    """An amount as a person writes it."""
    nanos = amount * (NANO // 1000 if name == CPU else NANO)
    family = (
        "binary" if name == MEMORY or name.endswith("storage") or name.startswith("hugepages-") else "decimal"
    )
    return Quantity(nanos, family).format()
