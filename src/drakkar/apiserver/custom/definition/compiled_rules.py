"""That the rules of a schema can be compiled, cost no more than they may, and ask for the old value where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drakkar.api.object import ObjectView
from drakkar.apiserver.custom.definition.rule_costs import RuleCosts, times
from drakkar.apiserver.custom.rules.compiled import Compiled, Rule, Rules, compiled, renewed, said
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.custom.where import Where
from drakkar.cel.objects import rules as cel
from drakkar.cel.objects.program import Program
from drakkar.cel.outcome import CompileError
from drakkar.validation.field_error import FieldError, Findings, shown


@dataclass(frozen=True, slots=True)
class _Above:
    """How often a place may be in an object, None where nothing bounds that; and the list that keeps an old value from being
    found again, or nothing."""

    times: int | None = 1
    lost_in: str = ""

    def below(self, schema: Schema, path: Where) -> _Above:
        """The same for what is below a place."""
        most: int | None = 1
        lost_in = self.lost_in
        if schema.type == "array":
            most = schema.bound("maxItems")
            if schema.list_type != "map":
                lost_in = lost_in or str(path)
        elif schema.type == "object" and schema.additional is not None:
            most = schema.bound("maxProperties")
        if most is None or self.times is None:
            return _Above(None, lost_in)
        return _Above(times(self.times, max(int(most), 0)), lost_in)


def check(found: Findings, schema: Schema, path: Where, wrong: Sequence[str]) -> RuleCosts:
    """All rules of a schema. Where one of the `wrong` fields stands at a place or below it, its rules are not looked at."""
    costs = RuleCosts()
    rules = compiled(schema, True)
    if rules is not None:
        _Look(found, costs, wrong).at(rules, path, _Above())
    return costs


class _Look:
    def __init__(self, found: Findings, costs: RuleCosts, wrong: Sequence[str]) -> None:
        self._found, self._costs, self._wrong = found, costs, wrong

    def at(self, rules: Rules, path: Where, above: _Above) -> None:
        """The rules of a place and of those below it."""
        if (rules.rules or rules.failure) and not self._is_wrong(path):
            self._here(rules, path.then(".x-kubernetes-validations"), above)
        below = above.below(rules.schema, path)
        for name, one in rules.fields.items():
            self.at(one, path.properties(name), below)
        if rules.items is not None:
            self.at(rules.items, path.then(".items"), below)
        if rules.values is not None:
            self.at(rules.values, path.then(".additionalProperties"), below)

    def _is_wrong(self, path: Where) -> bool:
        here = str(path)
        below = (f"{here}.", f"{here}[")
        return any(one == here or one.startswith(below) for one in self._wrong)

    def _here(self, rules: Rules, path: Where, above: _Above) -> None:
        if rules.failure:
            why = "unable to convert structural schema to CEL declarations"
            told = f"internal error: failed to construct type information for x-kubernetes-validations rules: {why}"
            self._found.internal(str(path), told)
            return
        count = cel.most_times(rules.place) if above.times is None else above.times
        for at, (rule, source) in enumerate(zip(rules.rules, rules.schema.rules, strict=True)):
            self._rule(renewed(rules, rule), source, path.item(at), count, above.lost_in)

    def _rule(self, rule: Rule, source: ObjectView, path: Where, count: int, lost_in: str) -> None:
        found, here = self._found, f"{path}.rule"
        self._costs.note(found, times(_cost(rule.program), count), here, "estimated rule cost")
        if isinstance(rule.program, CompileError):
            found.add(FieldError.invalid(here, _go(source), said(rule.program)))
        where = f"{path}.messageExpression"
        if isinstance(rule.worded, CompileError):
            words = said(rule.worded)
            words = words if rule.worded.kind == "result" else f"messageExpression {words}"
            found.add(FieldError.invalid(where, _go(source), words))
        elif rule.worded is not None:
            self._costs.note(found, _cost(rule.worded), where, "estimated messageExpression cost")
        if rule.asks_old and lost_in:
            told = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {lost_in}"
            found.invalid(here, rule.text, told)
        elif not rule.asks_old and rule.optional is not None:
            told = "may not be set if oldSelf is not used in rule"
            found.add(FieldError.invalid(f"{path}.optionalOldSelf", shown(rule.optional), told))


def _cost(made: Compiled | None) -> int:
    return made.most_cost() if isinstance(made, Program) else 0


def _go(source: ObjectView) -> str:
    """A rule as Go writes it."""
    return shown(
        {
            "Rule": source.get("rule") or "",
            "Message": source.get("message") or "",
            "MessageExpression": source.get("messageExpression") or "",
            "Reason": source.get("reason"),
            "FieldPath": source.get("fieldPath") or "",
            "OptionalOldSelf": source.get("optionalOldSelf"),
        }
    )
