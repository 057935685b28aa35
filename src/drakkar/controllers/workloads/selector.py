"""Which pods a workload selects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drakkar.api.selectors import SelectorError, label_selector

Object = dict[str, Any]
Labels = dict[str, str]


def selects(workload: Object) -> Callable[[Labels], bool]:
    """The workload's selector; one that is empty or makes no sense selects nothing, lest it take every pod."""
    try:
        selector = label_selector((workload.get("spec") or {}).get("selector"))
    except SelectorError:
        selector = None
    if selector is None or not selector.requirements:
        return lambda labels: False
    return selector.matches
