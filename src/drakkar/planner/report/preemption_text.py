"""What is told of pods that leave, or do not leave, for the sake of a more important one."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.placement import NO_VICTIMS, UNHELPFUL
from drakkar.planner.findings import PodFinding
from drakkar.planner.report.names import some
from drakkar.planner.report.phrases import counted

_MOST = 8


def pushes_off(pod: PodFinding) -> str:
    """`pushes off default/a, default/b on n1 (preemption)`."""
    return f"pushes off {some(pod.victims, _MOST)} on {pod.node} (preemption)"


def without_help(against: Mapping[str, int]) -> str:
    """Why nobody's leaving would help, of the nodes by what speaks against them even then."""
    told = [
        f"{counted(count, 'node')}: {text}"
        for text, count in sorted(against.items())
        if text not in (NO_VICTIMS, UNHELPFUL)
    ]
    if told:
        return f"pushing off less important pods would not help ({'; '.join(told)})"
    if against.get(NO_VICTIMS):
        return "no less important pod is in its way"
    return "pushing off other pods would not help"
