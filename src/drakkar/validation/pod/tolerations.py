"""The taints that a pod tolerates."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import text

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def tolerations(found: Findings, path: str, given: list[Object]) -> None:
    """Key, operator, value and effect go together."""
    for at, toleration in enumerate(given):
        here = f"{path}[{at}]"
        key, operator = text(toleration, "key"), text(toleration, "operator")
        value, effect = text(toleration, "value"), text(toleration, "effect")
        if key:
            found.each_invalid(f"{here}.key", key, formats.label_key(key))
        elif operator != "Exists":
            said = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            found.invalid(f"{here}.operator", operator, said)
        if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
            found.invalid(
                f"{here}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"
            )
        if operator in ("", "Equal"):
            said = ";".join(formats.label_value(value))
            if said:
                found.invalid(f"{here}.operator", value, said)
        elif operator == "Exists":
            if value:
                found.invalid(f"{here}.operator", value, "value must be empty when `operator` is 'Exists'")
        else:
            compares = ("Lt", "Gt") if operator in ("Lt", "Gt") else ()
            found.not_supported(f"{here}.operator", operator, ("Equal", "Exists", *compares))
        if effect and effect not in EFFECTS:
            found.not_supported(f"{here}.effect", effect, EFFECTS)
