"""LimitRanges: what may be limited, and how least, most and default amounts stand to each other."""

from __future__ import annotations

import math

from drakkar.api.object import Object
from drakkar.api.quantity import FINE, MILLI, NANO, Quantity
from drakkar.api.resource_names import may_overcommit
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.resource_amounts import container_resource_name, quantity, resource_name

_TYPES = ("Container", "PersistentVolumeClaim", "Pod")
_PARTS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_DEFAULTS = ("default", "defaultRequest")
_COMPARED = ("maxLimitRequestRatio", "min", "max")
Amounts = dict[str, Quantity]


def limit_range_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a LimitRange."""
    found, seen = Findings(), set()
    for at, limit in enumerate(items(mapping(obj, "spec"), "limits")):
        path, kind = f"spec.limits[{at}]", text(limit, "type")
        _type(found, f"{path}.type", kind)
        if kind in seen:
            found.duplicate(f"{path}.type", kind)
        seen.add(kind)
        _limit(found, path, kind, limit)
    return found.listed()


def _type(found: Findings, path: str, kind: str) -> None:
    wrong = formats.label_key(kind)
    found.each_invalid(path, kind, wrong)
    if not wrong and "/" not in kind and kind not in _TYPES:
        found.invalid(path, kind, "must be a standard limit type or fully qualified")


def _limit(found: Findings, path: str, kind: str, limit: Object) -> None:
    rule = container_resource_name if kind in ("Pod", "Container") else resource_name
    by_part: dict[str, Amounts] = {}
    for part in _PARTS:
        given = mapping(limit, part)
        if kind == "Pod" and part in _DEFAULTS:
            if given:
                found.forbidden(f"{path}.{part}", "may not be specified when `type` is 'Pod'")
            continue
        by_part[part] = {}
        for name, value in given.items():
            here = f"{path}.{part}[{name}]"
            rule(found, here, name)
            read = quantity(found, here, value)
            if read is not None:
                by_part[part][name] = read
    if kind == "PersistentVolumeClaim" and not any("storage" in by_part[part] for part in ("max", "min")):
        said = "either minimum or maximum storage value is required, but neither was provided"
        found.required(f"{path}.limits", said)
    for name in dict.fromkeys(name for part in by_part.values() for name in part):
        _order(found, path, name, {part: known[name] for part, known in by_part.items() if name in known})
        _ratio(found, path, name, {part: known[name] for part, known in by_part.items() if name in known})


# The lesser and the greater part, what the lesser is called; the part that is blamed, and whose value is shown.
_ORDER = (
    ("min", "max", "min", "min", "min value {} is greater than max value {}"),
    (
        "min",
        "defaultRequest",
        "defaultRequest",
        "defaultRequest",
        "min value {} is greater than default request value {}",
    ),
    (
        "defaultRequest",
        "max",
        "defaultRequest",
        "defaultRequest",
        "default request value {} is greater than max value {}",
    ),
    (
        "defaultRequest",
        "default",
        "defaultRequest",
        "defaultRequest",
        "default request value {} is greater than default limit value {}",
    ),
    ("min", "default", "default", "min", "min value {} is greater than default value {}"),
    ("default", "max", "default", "max", "default value {} is greater than max value {}"),
)


def _order(found: Findings, path: str, name: str, known: Amounts) -> None:
    for lesser, greater, blamed, shown, said in _ORDER:
        if lesser in known and greater in known and known[lesser] > known[greater]:
            words = said.format(known[lesser].format(), known[greater].format())
            found.invalid(f"{path}.{blamed}[{name}]", known[shown].format(), words)
    limit, request = known.get("default"), known.get("defaultRequest")
    if limit is not None and request is not None and limit != request and not may_overcommit(name):
        words = (
            f"default value {limit.format()} must equal to defaultRequest value {request.format()} in {name}"
        )
        found.invalid(f"{path}.defaultRequest[{name}]", request.format(), words)


def _ratio(found: Findings, path: str, name: str, known: Amounts) -> None:
    ratio = known.get("maxLimitRequestRatio")
    if ratio is None:
        return
    here = f"{path}.maxLimitRequestRatio[{name}]"
    if ratio.nanos < NANO:
        found.invalid(here, ratio.format(), f"ratio {ratio.format()} is less than 1")
    if "min" in known and "max" in known:
        unit = MILLI if all(known[part].value() < FINE for part in _COMPARED) else NANO
        least, most = known["min"].value(unit), known["max"].value(unit)
        highest = most / least if least else math.inf if most else math.nan
        if ratio.value(unit) * unit / NANO > highest:
            words = f"ratio {ratio.format()} is greater than max/min = {highest:f}"
            found.invalid(here, ratio.format(), words)
