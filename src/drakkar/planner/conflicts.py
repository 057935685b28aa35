"""Which devices a constraint keeps apart, with the values that do it, among those that would do one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from drakkar.allocator.device import DeviceEntry, NoValue, attribute_value
from drakkar.allocator.rules.constraints import admit, compared
from drakkar.allocator.rules.derived import DerivedError
from drakkar.api.resource import DeviceAttribute, DeviceConstraint
from drakkar.api.semver import VersionError
from drakkar.planner.findings import Conflict
from drakkar.planner.objections import Objections
from drakkar.planner.parts import Part, label
from drakkar.planner.sightings import shown
from drakkar.planner.wording import attribute_name

_MOST = 3
_MOST_VALUES = 16
# By value, the first devices that have it.
_ByValue = dict[DeviceAttribute, list[DeviceEntry]]


def _by_value(
    objections: Objections, part: Part, constraint: DeviceConstraint, entries: Sequence[DeviceEntry]
) -> _ByValue:
    found: _ByValue = {}
    for entry in entries:
        try:
            value = objections.value(part, constraint, entry)
        except DerivedError:
            continue
        if value is not None and (value in found or len(found) < _MOST_VALUES):
            found.setdefault(value, []).append(entry)
    return found


def _shown(value: DeviceAttribute) -> str:
    try:
        return shown(attribute_value(value))
    except (NoValue, VersionError):
        return "no value"


def conflicts(
    objections: Objections, about: Sequence[tuple[Part, Sequence[DeviceEntry]]]
) -> tuple[Conflict, ...]:
    """The first few of each constraint; `about` are the requests with the devices that would do for each by itself."""
    found: list[Conflict] = []
    seen: dict[tuple[int, int], DeviceConstraint] = {}
    for part, _ in about:
        for number, constraint in part.constraints():
            seen.setdefault((part.claim_index, number), constraint)
    for (claim, number), constraint in seen.items():
        mine = [
            (part, _by_value(objections, part, constraint, entries))
            for part, entries in about
            if part.claim_index == claim and any(index == number for index, _ in part.constraints())
        ]
        for count, one in enumerate(_of_constraint(objections, number, constraint, mine)):
            if count == _MOST:
                break
            found.append(one)
    return tuple(found)


def _of_constraint(
    objections: Objections,
    number: int,
    constraint: DeviceConstraint,
    about: Sequence[tuple[Part, Mapping[DeviceAttribute, list[DeviceEntry]]]],
) -> Iterator[Conflict]:
    rule = objections.rule(constraint)
    for position, (part, values) in enumerate(about):
        for other, others in about[position:]:
            if part is other and not part.every and part.what.count < 2:
                continue
            if part is not other and part.request is other.request:
                # Of alternatives only one is chosen.
                continue
            told: set[frozenset[DeviceAttribute]] = set()
            for value, entries in values.items():
                for against, candidates in others.items():
                    pair = frozenset({value, against})
                    second = next((one for one in candidates if one.key != entries[0].key), None)
                    if second is None or pair in told or (part is other and pair in told):
                        continue
                    first = admit(rule, (), value)
                    if first is None or admit(rule, first, against) is not None:
                        continue
                    told.add(pair)
                    yield _conflict(number, constraint, (part, other), (entries[0], second), (value, against))


def _conflict(
    number: int,
    constraint: DeviceConstraint,
    about: tuple[Part, Part],
    devices: tuple[DeviceEntry, DeviceEntry],
    values: tuple[DeviceAttribute, DeviceAttribute],
) -> Conflict:
    name = compared(constraint)
    keys = (devices[0].key, devices[1].key)
    short = keys[0].device != keys[1].device
    names = [key.device if short else str(key) for key in keys]
    texts = (_shown(values[0]), _shown(values[1]))
    what = attribute_name(name, keys[0].driver)
    if texts[0] == texts[1]:
        text = f"{what} is {texts[0]} on both {names[0]} and {names[1]}"
    else:
        text = f"{what} is {texts[0]} on {names[0]}, {texts[1]} on {names[1]}"
    return Conflict(
        claim=label(about[0].claim),
        constraint=number,
        attribute=name,
        requests=(about[0].name, about[1].name),
        devices=(str(keys[0]), str(keys[1])),
        values=texts,
        text=text,
    )
