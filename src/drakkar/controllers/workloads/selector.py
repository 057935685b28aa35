"""Which pods a workload selects."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.selectors import SelectorError, label_selector_of
from drakkar.api.workloads import ReplicationController, Workload
from drakkar.controllers.machinery.seen import Seen

Labels = dict[str, str]


def selects(workload: Seen[Workload] | Seen[ReplicationController]) -> Callable[[Labels], bool]:
    """The workload's selector; one that is empty or makes no sense selects nothing, lest it take every pod."""
    written = workload.it.spec.selector
    if isinstance(written, dict):
        given = written.items()
        return lambda labels: bool(given) and given <= labels.items()
    try:
        selector = None if written is None else label_selector_of(written)
    except SelectorError:
        selector = None
    if selector is None or not selector.requirements:
        return lambda labels: False
    return selector.matches
