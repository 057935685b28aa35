"""The kinds of the group scheduling.k8s.io."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.cluster import PRIORITY_CLASSES
from drakkar.validation.priority_class import priority_class_changes, priority_class_problems


def _priority_class(obj: Object) -> None:
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")
    obj.setdefault("value", 0)
    # False is written by leaving the field out, as the original does; kubectl apply tells the difference.
    if not obj.get("globalDefault"):
        obj.pop("globalDefault", None)


_CLASSES = Strategy(
    columns=PRIORITY_CLASSES,
    default=_priority_class,
    creation=priority_class_problems,
    changes=priority_class_changes,
    counts_nothing=True,
)
KINDS = (
    Kind(
        "scheduling.k8s.io",
        "v1",
        "priorityclasses",
        "PriorityClass",
        False,
        ("pc",),
        generation=True,
        strategy=_CLASSES,
    ),
)
