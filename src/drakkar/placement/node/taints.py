"""Taints of nodes and tolerations of pods."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from drakkar.api.core import NodeSpec, Taint, Toleration
from drakkar.api.integers import int64_of
from drakkar.placement.reason import TAINTED, UNSCHEDULABLE, Reason

CORDON = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")
# The gate without which Gt and Lt of tolerations cover nothing (KEP-5471).
COMPARING = "TaintTolerationComparisonOperators"
KEEPS_OUT = ("NoSchedule", "NoExecute")
# Taints are compared where their values are written as people write integers, without a plus and zeros in front.
_PLAIN = re.compile(r"0|-?[1-9][0-9]*+", re.ASCII)


def _number(text: str) -> int | None:
    return int64_of(text) if _PLAIN.fullmatch(text) else None


def tolerates(toleration: Toleration, taint: Taint, comparing: bool = False) -> bool:
    """Whether one toleration covers one taint. `comparing`: whether the gate COMPARING is on, which it is not
    by itself in 1.37.
    """
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    match toleration.operator:
        case "" | "Equal":
            return toleration.value == taint.value
        case "Exists":
            return True
        case "Gt" | "Lt" if comparing:
            bound, value = _number(toleration.value), _number(taint.value)
            if bound is None or value is None:
                return False
            return value > bound if toleration.operator == "Gt" else value < bound
    return False


def untolerated(
    tolerations: Sequence[Toleration],
    taints: Iterable[Taint],
    effects: Sequence[str],
    comparing: bool = False,
) -> Iterator[Taint]:
    """The taints of these effects that no toleration covers."""
    for taint in taints:
        if taint.effect in effects and not any(tolerates(one, taint, comparing) for one in tolerations):
            yield taint


def objections(tolerations: Sequence[Toleration], node: NodeSpec, comparing: bool = False) -> list[Reason]:
    """Why the node's taints keep a pod out, a cordon first."""
    cordoned = node.unschedulable and not any(tolerates(one, CORDON, comparing) for one in tolerations)
    found = [UNSCHEDULABLE] if cordoned else []
    for taint in untolerated(tolerations, node.taints, KEEPS_OUT, comparing):
        if taint.key != CORDON.key:
            found.append(Reason(TAINTED, f"node taint {_told(taint)} is not tolerated"))
        elif not cordoned:
            # The cluster's controllers put it there, and nobody needs to be told twice.
            found.append(Reason(TAINTED, UNSCHEDULABLE.told))
    return found


def disliked(tolerations: Sequence[Toleration], node: NodeSpec, comparing: bool = False) -> int:
    """How many PreferNoSchedule taints of the node nothing covers."""
    return sum(1 for _ in untolerated(tolerations, node.taints, ("PreferNoSchedule",), comparing))


def lasting(
    tolerations: Sequence[Toleration], taints: Iterable[Taint], comparing: bool = False
) -> float | None:
    """For how many seconds a pod stays on a node that has got these taints; None for as long as it likes. Of the tolerations of
    one taint the first counts, as upstream; of the taints the one that drives the pod out first.
    """
    shortest: float | None = None
    for taint in taints:
        found = next((one for one in tolerations if tolerates(one, taint, comparing)), None)
        if found is None:
            return 0.0
        if found.toleration_seconds is not None:
            seconds = float(max(0, found.toleration_seconds))
            shortest = seconds if shortest is None else min(shortest, seconds)
    return shortest


def _told(taint: Taint) -> str:
    return f"{taint.key}{f'={taint.value}' if taint.value else ''}:{taint.effect}"
