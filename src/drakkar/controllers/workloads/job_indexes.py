"""Completion indexes of Indexed jobs: reading and writing them as ranges, and giving pods theirs; pure."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.object import Object
from drakkar.controllers.machinery.podstate import SeenPod
from drakkar.controllers.machinery.stored import annotations_of, labels_of

INDEX = "batch.kubernetes.io/job-completion-index"
VARIABLE = "JOB_COMPLETION_INDEX"
_MOST = 1_000_000


def parse_indexes(text: str | None) -> set[int]:
    """`1,3-5` as numbers; ValueError for what is none, and for more of them than anybody counts one by one."""
    found: set[int] = set()
    for part in (text or "").split(","):
        first, dash, last = part.partition("-")
        if not first:
            continue
        numbers = range(int(first), int(last if dash else first) + 1)
        if len(found) + len(numbers) > _MOST:
            raise ValueError(f"over {_MOST} indexes in {text[:50] if text else ''!r}")
        found.update(numbers)
    return found


def format_indexes(indexes: Iterable[int]) -> str:
    """Numbers as `1,3-5`; two neighbours are written with a comma."""
    ranges: list[list[int]] = []
    for index in sorted(indexes):
        if ranges and ranges[-1][1] == index - 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    parts = []
    for first, last in ranges:
        if last == first:
            parts.append(str(first))
        else:
            parts.append(f"{first},{last}" if last == first + 1 else f"{first}-{last}")
    return ",".join(parts)


def index_of(pod: SeenPod) -> int | None:
    text = pod.it.metadata.annotations.get(INDEX, "")
    return int(text) if text.isdecimal() else None


def give_index(pod: Object, job_name: str, index: int) -> Object:
    """The pod, changed in place, with its index as annotation, label, host name and variable."""
    metadata, spec = pod["metadata"], pod["spec"]
    metadata["generateName"] = f"{job_name}-{index}-"
    metadata["annotations"] = {**annotations_of(pod), INDEX: str(index)}
    metadata["labels"] = {**labels_of(pod), INDEX: str(index)}
    spec["hostname"] = f"{job_name}-{index}"
    source = {"fieldRef": {"fieldPath": f"metadata.labels['{INDEX}']"}}
    for container in [*(spec.get("initContainers") or ()), *spec["containers"]]:
        variables = container.setdefault("env", [])
        if not any(variable["name"] == VARIABLE for variable in variables):
            variables.append({"name": VARIABLE, "valueFrom": source})
    return pod
