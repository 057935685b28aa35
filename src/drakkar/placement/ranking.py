"""The best of the nodes that take a pod, by upstream's scores and their weights."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.placement.form import Form
from drakkar.placement.node.node_info import NodeInfo
from drakkar.placement.volumes.pod_volumes import PodVolumes

# Of upstream's default profile; room, evenness and images count once.
_TOLERATION, _NODE_AFFINITY, _DEVICES, _BETWEEN_PODS = 3, 2, 2, 2
_LIKE_MOST = (0, 0)


def totals(
    form: Form, nodes: Sequence[NodeInfo], devices: Sequence[int], volumes: PodVolumes | None = None
) -> list[int]:
    """How good each of some nodes is for a pod of a form with these volumes, compared with the others; with how good the devices
    are that it offers, if any are sought. What is the same for all may be left out.
    """
    found = form.scores(nodes)
    if form.unlike:
        unlike = [form.unlike.get(node.index, _LIKE_MOST) for node in nodes]
        _add(found, [liking for liking, _ in unlike], _NODE_AFFINITY)
        _add(found, [disliked for _, disliked in unlike], -_TOLERATION)
    _add(found, devices, _DEVICES)
    for between in form.neighbours.scores(nodes):
        for at, one in enumerate(between):
            found[at] += _BETWEEN_PODS * one
    if volumes is not None:
        for at, node in enumerate(nodes):
            found[at] += volumes.score(node)
    return found


def best(
    form: Form, nodes: Sequence[NodeInfo], devices: Sequence[int], volumes: PodVolumes | None = None
) -> int:
    """The position of the best, the first among equals."""
    found = totals(form, nodes, devices, volumes)
    return found.index(max(found))


def _add(found: list[int], values: Sequence[int], weight: int) -> None:
    """Each value as its share of the highest, of 100."""
    highest = max(values, default=0)
    if highest > 0:
        for at, value in enumerate(values):
            found[at] += weight * (100 * value // highest)
