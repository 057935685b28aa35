"""What the rules of a schema in CEL say of an object: x-kubernetes-validations."""

from __future__ import annotations

from typing import Any, Final

from drakkar.apiserver import beside
from drakkar.apiserver.custom.rules.asked import Asking, Warn
from drakkar.apiserver.custom.rules.compiled import compiled, has_rules, most_cost, searches
from drakkar.apiserver.custom.rules.correlation import NO_RATCHET, Correlated, Ratchet
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.custom.where import Where
from drakkar.validation.field_error import FieldError

# In upstream's units, of which the interpreter runs about one in a microsecond.
_LIGHT: Final = 10_000


def problems(schema: Schema, new: Any, old: Any | None, warn: Warn = lambda _: None) -> list[FieldError]:
    """What the rules have against an object, or against a change of it; `old` is None for a new one.

    It is asked of objects only that are otherwise as their schema says. `warn` hears of what is wrong and was so before.
    """
    rules = compiled(schema, True)
    if rules is None:
        return []
    asking = Asking(warn)
    asking.ask(rules, new, old, NO_RATCHET if old is None else Ratchet(Correlated(new, old, schema)))
    return asking.found


def weight(schema: Schema) -> int:
    """How much more than its bytes an object weighs by the rules of its schema.

    Rules that may cost much are asked beside the loop whatever the object, for a small one may make them cost much as well.
    """
    rules = compiled(schema, True)
    if rules is None:
        return 0
    repeated = any(one.items is not None or one.values is not None for one in rules.each())
    heavy = repeated or most_cost(rules) > _LIGHT or searches(rules)
    return beside.LIGHT + 1 if heavy else 0


def default_problems(schema: Schema, resource: bool, path: Where, left: int) -> tuple[list[FieldError], int]:
    """What the rules have against a schema's default, and what is left of what defaults may cost.

    It must be right both as a new value and as one that stays.
    """
    # Few defaults have rules, and those that have none are not kept in place of those that have.
    rules = compiled(schema, resource) if has_rules(schema) else None
    if rules is None:
        return [], left
    found: list[FieldError] = []
    least = left
    for old in (schema.default, None):
        asking = Asking(lambda _: None, left)
        asking.ask(rules, schema.default, old, NO_RATCHET, path)
        found += asking.found
        least = min(least, asking.left)
        if found:
            break
    return found, least


__all__ = ["default_problems", "has_rules", "problems", "weight"]
