"""PriorityLevelConfiguration: how many requests of a level are served at a time, and how the others wait."""

from __future__ import annotations

import math
from typing import Any

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, same, text
from drakkar.validation.flow.mandatory import LEVELS
from drakkar.validation.flow.schema import condition_types

_TYPES = ("Exempt", "Limited")
_RESPONSES = ("Queue", "Reject")
_MOST_QUEUES = 10_000_000
_MOST_BITS = 60
_OLD = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"
_NOT_NEGATIVE = "must be a non-negative integer"


def level_problems(level: Object) -> list[FieldError]:
    """What is wrong with a level that has its defaults, and with its status."""
    found, spec, meta = Findings(), mapping(level, "spec"), mapping(level, "metadata")
    name, kind = text(meta, "name"), text(spec, "type")
    if _OLD in mapping(meta, "annotations"):
        found.forbidden("metadata.annotations", f"annotation '{_OLD}' is forbidden")
    if (name == "exempt") != (kind == "Exempt"):
        said = "must be 'Exempt' if and only if `name` is 'exempt'"
        found.invalid("spec.type", kind, said, typed=True)
    limited, exempt = spec.get("limited"), spec.get("exempt")
    if kind != "Limited" and limited is not None:
        found.add(_forbidden("spec.limited"))
    if kind == "Exempt" and exempt is not None:
        _amounts(found, "spec.exempt", exempt)
    elif kind != "Exempt" and exempt is not None:
        found.add(_forbidden("spec.exempt"))
    if kind == "Limited":
        if limited is None:
            found.required("spec.limited")
        else:
            _limited(found, "spec.limited", limited)
    elif not kind:
        found.required("spec.type")
    elif kind != "Exempt":
        found.not_supported("spec.type", kind, _TYPES)
    _mandatory(found, name, spec)
    condition_types(found, "status.conditions", items(mapping(level, "status"), "conditions"))
    return found.listed()


def _mandatory(found: Findings, name: str, spec: Object) -> None:
    if name not in LEVELS:
        return
    wanted = LEVELS[name]
    if name == "exempt":
        if not same({**spec, "exempt": wanted["exempt"]}, wanted):
            said = f"spec of '{name}' except the 'spec.exempt' field must equal the fixed value"
            found.add(FieldError.unshown("spec", said))
    elif not same(spec, wanted):
        found.add(FieldError.unshown("spec", f"spec of '{name}' must equal the fixed value"))


def _amounts(found: Findings, path: str, given: Object) -> None:
    shares, lent = given.get("nominalConcurrencyShares"), given.get("lendablePercent")
    if shares is not None and shares < 0:
        found.invalid(f"{path}.nominalConcurrencyShares", shares, _NOT_NEGATIVE)
    if lent is not None and not 0 <= lent <= 100:
        found.invalid(f"{path}.lendablePercent", lent, "must be between 0 and 100, inclusive")


def _limited(found: Findings, path: str, limited: Object) -> None:
    _amounts(found, path, limited)
    borrowed = limited.get("borrowingLimitPercent")
    if borrowed is not None and borrowed < 0:
        found.invalid(f"{path}.borrowingLimitPercent", borrowed, f"if specified, {_NOT_NEGATIVE}")
    response, here = mapping(limited, "limitResponse"), f"{path}.limitResponse"
    kind, queuing = text(response, "type"), response.get("queuing")
    if kind == "Queue":
        if queuing is None:
            found.required(f"{here}.queuing")
        else:
            _queuing(found, f"{here}.queuing", queuing)
    elif queuing is not None:
        found.add(_forbidden(f"{here}.queuing"))
    if not kind:
        found.required(f"{here}.type")
    elif kind not in _RESPONSES:
        found.not_supported(f"{here}.type", kind, _RESPONSES)


def _forbidden(path: str) -> FieldError:
    """What belongs to another type."""
    return FieldError("FieldValueForbidden", "Forbidden", path)


def _queuing(found: Findings, path: str, queuing: Object) -> None:
    def number(field: str) -> Any:
        return queuing.get(field) or 0

    length, queues, hand = number("queueLengthLimit"), number("queues"), number("handSize")
    if length <= 0:
        found.invalid(f"{path}.queueLengthLimit", length, "must be positive")
    if queues <= 0:
        found.invalid(f"{path}.queues", queues, "must be positive")
    elif queues > _MOST_QUEUES:
        found.invalid(f"{path}.queues", queues, f"must not be greater than {_MOST_QUEUES}")
    here = f"{path}.handSize"
    if hand <= 0:
        found.invalid(here, hand, "must be positive")
    elif hand > queues:
        found.invalid(here, hand, f"should not be greater than queues ({queues})")
    elif math.ceil(math.log2(queues) * hand) > _MOST_BITS:
        said = (
            f"required entropy bits of deckSize {queues} and handSize {hand} "
            f"should not be greater than {_MOST_BITS}"
        )
        found.invalid(here, hand, said)
