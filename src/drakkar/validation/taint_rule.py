"""DeviceTaintRule: which devices, and the taint they get (dra-semantics 1.8)."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import names
from drakkar.validation.conditions import conditions
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping
from drakkar.validation.taints import taint

_MOST_CONDITIONS = 8


def taint_rule(found: Findings, obj: Object, old: Object | None) -> None:
    """A new rule or an update of an old one."""
    spec = mapping(obj, "spec")
    selector = mapping(spec, "deviceSelector")
    for part, check in (("driver", names.driver), ("pool", names.pool), ("device", names.label)):
        if selector.get(part) is not None:
            check(found, f"spec.deviceSelector.{part}", selector[part])
    before = mapping(mapping(old, "spec"), "taint") if old is not None else None
    taint(found, "spec.taint", mapping(spec, "taint"), before)


def taint_rule_status(found: Findings, obj: Object) -> None:
    """What the eviction of pods says about itself."""
    given = items(mapping(obj, "status"), "conditions")
    conditions(found, "status.conditions", given)
    if len(given) > _MOST_CONDITIONS:
        found.too_many("status.conditions", len(given), _MOST_CONDITIONS)
