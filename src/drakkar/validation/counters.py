"""Counter sets of slices and what devices consume of them (dra-semantics 1.3.6, 1.3.14)."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.resource import CounterSet, DeviceCounterConsumption
from drakkar.validation import names
from drakkar.validation.field_error import Findings
from drakkar.validation.field_order import as_written
from drakkar.validation.field_values import items, mapping, text, unique, within

_MOST_SETS = 8
_MOST_CONSUMED_SETS = 2
_MOST_COUNTERS = 32
_MOST_GROUPS = 2


def counter_sets(found: Findings, path: str, given: list[Object]) -> None:
    """The shared counters of a slice."""
    if not within(found, path, given, _MOST_SETS):
        return
    unique(found, path, given, lambda one: text(one, "name"), lambda one: as_written(CounterSet, one))
    for at, one in enumerate(given):
        _named(found, f"{path}[{at}]", "name", one)


def consumed_counters(found: Findings, path: str, given: list[Object]) -> None:
    """What one device consumes; whether those sets exist shows only in the whole pool."""
    if not within(found, path, given, _MOST_CONSUMED_SETS):
        return
    unique(
        found,
        path,
        given,
        lambda one: text(one, "counterSet"),
        lambda one: as_written(DeviceCounterConsumption, one),
    )
    for at, one in enumerate(given):
        here = f"{path}[{at}]"
        _named(found, here, "counterSet", one)
        groups = [] if found.unchanged else items(one, "compatibilityGroups")
        if within(found, f"{here}.compatibilityGroups", groups, _MOST_GROUPS):
            for number, group in enumerate(groups):
                names.label(found, f"{here}.compatibilityGroups[{number}]", group, declared=True)
            unique(found, f"{here}.compatibilityGroups", groups, str)


def _named(found: Findings, path: str, key: str, counters_of: Object) -> None:
    """A counter set's name, and one counter or more by name."""
    name, counters = text(counters_of, key), mapping(counters_of, "counters")
    if name:
        names.label(found, f"{path}.{key}", name, declared=True)
    else:
        found.required(f"{path}.{key}", declared=True)
    if not counters:
        found.required(f"{path}.counters", declared=True)
    elif len(counters) > _MOST_COUNTERS:
        found.too_many(f"{path}.counters", len(counters), _MOST_COUNTERS)
    for counter in counters:
        names.label(found, f"{path}.counters", counter, declared=True)
