"""What pods need of a node and what a node has: whole numbers, processors in thousandths, as Kubernetes' scheduler counts."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.core import Amounts as Written
from drakkar.api.core import Container, PodSpec, Resources
from drakkar.api.pod_totals import add, peak
from drakkar.api.quantity import NANO, Quantity

# By resource; "cpu" in thousandths, all else in units, each rounded up.
Amounts = dict[str, int]

CPU, MEMORY, PODS = "cpu", "memory", "pods"
# What upstream's scores count for a container that does not say what it needs.
_UNSAID = {CPU: 100 * NANO // 1000, MEMORY: 200 * 1024**2 * NANO}


def _rounded(nanos: Mapping[str, int]) -> Amounts:
    return {name: -(-value // (NANO // 1000 if name == CPU else NANO)) for name, value in nanos.items()}


def _read(written: Written) -> dict[str, int]:
    return {name: Quantity.parse(str(value)).nanos for name, value in written.items()}


def _stated(resources: Resources) -> dict[str, int]:
    # An API server takes a missing request from the limit; documents have not been there.
    return _read({**resources.limits, **resources.requests})


def _peak(spec: PodSpec, unsaid: Mapping[str, int]) -> dict[str, int]:
    def of(container: Container) -> dict[str, int]:
        return {**unsaid, **_stated(container.resources)}

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


def weighed(spec: PodSpec) -> tuple[int, int]:
    """Thousandths of a processor and bytes that the pod counts for where nodes are compared."""
    total = _rounded(_peak(spec, _UNSAID))
    return total.get(CPU, 0), total.get(MEMORY, 0)


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
