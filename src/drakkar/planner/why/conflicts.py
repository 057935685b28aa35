"""Which devices a constraint keeps apart, with the values that do it, among those that would do one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from drakkar.allocator.device import DeviceEntry, DeviceKey
from drakkar.allocator.rules.constraints import Rule, applies, clash, compared, rule_of
from drakkar.allocator.rules.derived import DerivedError, compared_value
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.switches import Switches
from drakkar.api.resource import DeviceAttribute, DeviceConstraint
from drakkar.planner.why.node_report import NodeReport

_MOST = 3
_MOST_VALUES = 16
# By value, the first devices that have it.
_ByValue = dict[DeviceAttribute, list[DeviceEntry]]


class Conflict(NamedTuple):
    """Two devices that would each do by itself, with the values of the attribute that keep them apart."""

    constraint: int
    attribute: str
    asks: tuple[Ask, Ask]
    devices: tuple[DeviceKey, DeviceKey]
    values: tuple[DeviceAttribute, DeviceAttribute]


def _by_value(ask: Ask, constraint: DeviceConstraint, entries: Sequence[DeviceEntry]) -> _ByValue:
    found: _ByValue = {}
    name = compared(constraint)
    for entry in entries:
        try:
            value = compared_value(name, ask.derived.get(name), entry)
        except DerivedError:
            continue
        if value is not None and (value in found or len(found) < _MOST_VALUES):
            found.setdefault(value, []).append(entry)
    return found


def conflicts(report: NodeReport, switches: Switches) -> tuple[Conflict, ...]:
    """The first few of each constraint, of devices that would do for their requests one by one."""
    found: list[Conflict] = []
    for index, claim in enumerate(report.claims):
        asks = [ask for ask in report.asks if ask.claim_index == index]
        for number, constraint in enumerate(claim.spec.devices.constraints):
            mine = [
                (ask, _by_value(ask, constraint, report.usable(ask.index)))
                for ask in asks
                if applies(constraint, ask)
            ]
            rule = rule_of(constraint, switches)
            found += islice(_of_constraint(rule, number, constraint, mine), _MOST)
    return tuple(found)


def _of_constraint(
    rule: Rule, number: int, constraint: DeviceConstraint, asked: Sequence[tuple[Ask, _ByValue]]
) -> Iterator[Conflict]:
    name = compared(constraint)
    for position, (ask, values) in enumerate(asked):
        for other, others in asked[position:]:
            if not _beside(ask, other):
                continue
            told: set[frozenset[DeviceAttribute]] = set()
            for value, entries in values.items():
                for against, candidates in others.items():
                    pair = frozenset({value, against})
                    second = next((one for one in candidates if one.key != entries[0].key), None)
                    if second is None or pair in told or not clash(rule, value, against):
                        continue
                    told.add(pair)
                    yield Conflict(number, name, (ask, other), (entries[0].key, second.key), (value, against))


def _beside(ask: Ask, other: Ask) -> bool:
    """Whether devices are chosen for both: of alternatives only one is, and a request may want but one device."""
    if ask is other:
        return ask.every or ask.count > 1
    return ask.request != other.request
