"""Taints and tolerations of devices (dra-semantics 3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from drakkar.api.resource import DeviceTaint, DeviceToleration

_EFFECTS = ("NoSchedule", "NoExecute")


def tolerates(toleration: DeviceToleration, taint: DeviceTaint) -> bool:
    """Whether one toleration covers one taint; an empty effect or key covers all of them."""
    if toleration.effect not in ("", taint.effect) or toleration.key not in ("", taint.key):
        return False
    if toleration.operator in ("", "Equal"):
        return toleration.value == taint.value
    return toleration.operator == "Exists"


def not_tolerated(
    taints: Iterable[DeviceTaint], tolerations: Iterable[DeviceToleration]
) -> Iterator[DeviceTaint]:
    """The taints that keep the device from being chosen, in their order."""
    given = tuple(tolerations)
    for taint in taints:
        if taint.effect in _EFFECTS and not any(tolerates(toleration, taint) for toleration in given):
            yield taint
