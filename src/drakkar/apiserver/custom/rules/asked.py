"""Rules asked of an object, within what they may cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from drakkar.apiserver.custom.outcome import as_text
from drakkar.apiserver.custom.rules.compiled import Rule, Rules, said
from drakkar.apiserver.custom.rules.correlation import OldItems, Ratchet
from drakkar.apiserver.custom.where import ROOT, Where
from drakkar.cel.library import regex
from drakkar.cel.objects.program import Outcome, Program
from drakkar.cel.objects.rules import Reading
from drakkar.cel.outcome import CompileError, EvalError
from drakkar.validation.field_error import MOST_TOLD, FieldError, Findings, short
from drakkar.validation.formats import size

# What all rules may cost for one object, and what one run of a rule may.
BUDGET: Final = 10_000_000
_CALL: Final = 1_000_000
# Instructions of patterns that may be compiled for one object, which costs upstream next to nothing: some two seconds.
_MOST_COMPILED: Final = 2_000_000
_LONGEST: Final = 5 * 1024
_NO_MORE: Final = "no further validation rules will be run"
_OUT_OF_BUDGET: Final = f"validation failed due to running out of cost budget, {_NO_MORE}"
_NO_MORE_WORDS: Final = f"messageExpression evaluation failed due to running out of cost budget, {_NO_MORE}"

Warn = Callable[[str], None]


class _OverError(Exception):
    """No more rules are asked."""


class Asking:
    """One look at an object; `left` is what may still be spent."""

    def __init__(self, warn: Warn, budget: int = BUDGET) -> None:
        self._warn = warn
        self._findings = Findings(bounded=True)
        self._warned = 0
        self._compiled = regex.compiled()
        self.left = budget

    @property
    def found(self) -> list[FieldError]:
        """What is wrong."""
        return self._findings.listed()

    def ask(self, rules: Rules, new: Any, old: Any, ratchet: Ratchet, path: Where = ROOT) -> None:
        """Ask all rules at a place and below it."""
        try:
            self._place(rules, new, old, ratchet, path)
        except _OverError:
            self.left = -1

    def _place(self, rules: Rules, new: Any, old: Any, ratchet: Ratchet, path: Where) -> None:
        if new is None:
            return
        if rules.failure:
            self._typed(rules, path, f"rule compiler initialization error: {rules.failure}")
        elif rules.rules:
            self._rules(rules, new, old, ratchet, path)
        if isinstance(new, list):
            if rules.items is not None:
                before = OldItems(rules.schema, old)
                for at, one in enumerate(new):
                    self._place(rules.items, one, before.get(one), ratchet.item(at), path.item(at))
        elif isinstance(new, dict):
            then = old if isinstance(old, dict) else {}
            for name, one in new.items():
                if rules.values is not None:
                    self._place(rules.values, one, then.get(name), ratchet.field(name), path.key(name))
                below = rules.fields.get(name)
                if below is not None:
                    self._place(below, one, then.get(name), ratchet.field(name), path.field(name))

    def _typed(self, rules: Rules, path: Where, said: str) -> None:
        """Something that is wrong with a rule, told of the place with its type."""
        self._findings.add(FieldError.invalid(str(path) or "<nil>", as_text(rules.schema.type), said))

    def _rules(self, rules: Rules, new: Any, old: Any, ratchet: Ratchet, path: Where) -> None:
        if self.left <= 0:
            self._typed(rules, path, _OUT_OF_BUDGET)
            raise _OverError
        reading = Reading(rules.place, new, old)
        for rule in rules.rules:
            if isinstance(rule.program, CompileError):
                self._typed(rules, path, f"rule compile error: {said(rule.program)}")
                continue
            # A transition needs something before it.
            if rule.program is None or (rule.asks_old and old is None and not rule.optional):
                continue
            outcome = rule.program.run(reading.optional if rule.optional else reading.plain, _CALL)
            if outcome.cost > self.left or regex.compiled() - self._compiled > _MOST_COMPILED:
                self._typed(rules, path, _OUT_OF_BUDGET)
                raise _OverError
            self.left -= outcome.cost
            if isinstance(outcome.value, EvalError):
                self._failed(rules, rule, outcome, path)
            elif outcome.value is not True:
                self._broken(rules, rule, new, reading, ratchet, path)

    def _failed(self, rules: Rules, rule: Rule, outcome: Outcome, path: Where) -> None:
        why = str(outcome.value)
        if outcome.exhausted:
            over = f"{_NO_MORE} due to call cost exceeds limit for rule"
            self._typed(rules, path, f"'{why}': {over}: {rule.named}")
            raise _OverError
        if why.startswith("no such overload"):
            unlike = "call arguments did not match a supported operator, function or macro signature for rule"
            self._typed(rules, path, f"'{why.split(':')[0]}': {unlike}: {rule.named}")
        else:
            self._typed(rules, path, f"{why} evaluating rule: {rule.named}")

    def _broken(
        self, rules: Rules, rule: Rule, new: Any, reading: Reading, ratchet: Ratchet, path: Where
    ) -> None:
        here = str(path.field(rule.field) if rule.field else path) or "<nil>"
        let_pass = not rule.asks_old and ratchet.holds
        words = ""
        if isinstance(rule.worded, Program):
            words, over = self._worded(rule.worded, rule, reading)
            if over:
                self._tell(FieldError.invalid(here, as_text(rules.schema.type), over), let_pass)
                raise _OverError
        detail = words or rule.message.strip() or f"failed rule: {rule.named}"
        self._tell(_cause(here, rules.schema.type, new, rule.reason, detail), let_pass)

    def _tell(self, error: FieldError, let_pass: bool) -> None:
        if let_pass:
            self._warned += 1
            if self._warned <= MOST_TOLD:
                self._warn(short(f"{error.field}: {error.message}"))
        else:
            self._findings.add(error)

    def _worded(self, program: Program, rule: Rule, reading: Reading) -> tuple[str, str]:
        """What a message expression comes to, empty where that is no message; and why no more rules are asked."""
        # As upstream: the old value is no optional here, so that an expression that takes it for one fails.
        outcome = program.run(reading.plain, _CALL)
        if outcome.cost > self.left:
            return "", _NO_MORE_WORDS
        if outcome.exhausted:
            over = (
                "no further validation rules will be run due to call cost exceeds limit for messageExpression"
            )
            return "", f"{over}: {as_text(rule.message_expression)}"
        self.left -= outcome.cost
        words = outcome.value.strip() if isinstance(outcome.value, str) else ""
        fits = size(words) <= _LONGEST and "\n" not in words
        return (words if fits else ""), ""


def _cause(path: str, kind: str, value: Any, reason: str, detail: str) -> FieldError:
    if reason == "FieldValueForbidden":
        return FieldError.forbidden(path, detail)
    if reason == "FieldValueRequired":
        return FieldError.required(path, detail)
    shown = "" if kind in ("object", "array") else as_text(value)
    if reason == "FieldValueDuplicate":
        return FieldError(reason, f"Duplicate value: {shown}" if shown else "Duplicate value", path)
    text = f"Invalid value: {shown}: {detail}" if shown else f"Invalid value: {detail}"
    return FieldError("FieldValueInvalid", text, path)
