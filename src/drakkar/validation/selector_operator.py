"""How a requirement of a selector compares, and how many values that takes: of labels of any object, and of nodes."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text

NO_OPERATOR = "not a valid selector operator"


def selector_operator(found: Findings, path: str, requirement: Object, *, numbers: bool = False) -> None:
    """The operator of a requirement with its values; `numbers`: whether labels may be compared as numbers, too."""
    operator, values = text(requirement, "operator"), items(requirement, "values")
    if operator in ("In", "NotIn"):
        if not values:
            found.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            said = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.forbidden(f"{path}.values", said)
    elif numbers and operator in ("Gt", "Lt"):
        if len(values) != 1:
            found.required(f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
    else:
        found.invalid(f"{path}.operator", operator, NO_OPERATOR, typed=True)
