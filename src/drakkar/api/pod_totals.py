"""What the containers of a pod ask for, or are limited to, together at the moment when it is most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from drakkar.api.object import Object
from drakkar.api.quantity import Quantity, QuantityError

# How an amount is counted: exactly as it is written, or in some unit.
N = TypeVar("N", Quantity, int)
# By resource.
Amounts = dict[str, Quantity]


def amounts(written: Any) -> Amounts:
    """A map of quantities. What is no quantity is left out: such things are stored nowhere by these servers."""
    found: Amounts = {}
    if isinstance(written, dict):
        for name, value in written.items():
            try:
                found[name] = Quantity.parse(value if isinstance(value, str) else str(value))
            except QuantityError:
                continue
    return found


def add(total: dict[str, N], more: Mapping[str, N]) -> None:
    """Add amounts in place."""
    for name, amount in more.items():
        total[name] = total[name] + amount if name in total else amount


def containers_of(spec: Any, field: str) -> Iterable[Object]:
    """The containers in a field of a pod's spec; what is no object is passed over."""
    found = spec.get(field) if isinstance(spec, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def resources_of(holder: Object) -> Object:
    """What a container, or a pod as a whole, says of resources."""
    found = holder.get("resources")
    return found if isinstance(found, dict) else {}


def container_totals(spec: Any, part: str, of: Callable[[Object], Any] | None = None) -> Amounts:
    """By resource, the `requests` or `limits` of the plain containers and of those beside them, or of one before them
    together with those beside it, whichever is more (KEP-753). `spec` is a pod's; `of` says of a container what it has, where
    that is not what it says itself.
    """
    return peak(
        [_own(container, part, of) for container in containers_of(spec, "containers")],
        [
            (_own(container, part, of), container.get("restartPolicy") == "Always")
            for container in containers_of(spec, "initContainers")
        ],
    )


def peak(plain: Iterable[Mapping[str, N]], before: Iterable[tuple[Mapping[str, N], bool]]) -> dict[str, N]:
    """By resource, what containers have together when it is most (KEP-753): `plain` are those that run side by side, `before`
    those that are started before them one by one, each with whether it stays beside all that follow.
    """
    total: dict[str, N] = {}
    for own in plain:
        add(total, own)
    beside: dict[str, N] = {}
    highest: dict[str, N] = {}
    for own, stays in before:
        if stays:
            add(total, own)
            add(beside, own)
            _raise_to(highest, {name: beside[name] for name in own})
        else:
            # Of what it does not ask for there is no more than before it.
            _raise_to(
                highest,
                {name: amount + beside[name] if name in beside else amount for name, amount in own.items()},
            )
    _raise_to(total, highest)
    return total


def _own(container: Object, part: str, of: Callable[[Object], Any] | None) -> Amounts:
    return amounts(resources_of(container).get(part) if of is None else of(container))


def _raise_to(total: dict[str, N], floor: Mapping[str, N]) -> None:
    for name, amount in floor.items():
        if name not in total or amount > total[name]:
            total[name] = amount
