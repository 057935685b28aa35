"""Taints and tolerations of devices (dra-semantics 3.7)."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.resource import DeviceTaint, DeviceToleration

_EFFECTS = ("NoSchedule", "NoExecute")


def tolerates(toleration: DeviceToleration, taint: DeviceTaint) -> bool:
    """Whether one toleration covers one taint; an empty effect or key covers all of them."""
    if toleration.effect not in ("", taint.effect) or toleration.key not in ("", taint.key):
        return False
    if toleration.operator in ("", "Equal"):
        return toleration.value == taint.value
    return toleration.operator == "Exists"


def intolerable(taints: Iterable[DeviceTaint], tolerations: Iterable[DeviceToleration]) -> DeviceTaint | None:
    """The first taint that keeps the device from being chosen, None when there is none."""
    given = tuple(tolerations)
    for taint in taints:
        if taint.effect in _EFFECTS and not any(tolerates(toleration, taint) for toleration in given):
            return taint
    return None


def written(key: str, value: str, effect: str) -> str:
    """`key=value:effect`, as kubectl writes taints."""
    return f"{key}={value}:{effect}" if value else f"{key}:{effect}"


def told(taint: DeviceTaint) -> str:
    """How a taint is told that keeps a device from being chosen."""
    return f"has taint {written(taint.key, taint.value, taint.effect)} that is not tolerated"
