"""The rules of a schema, compiled, at the places they stand at."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from drakkar.api.object import ObjectView
from drakkar.apiserver.custom.rules.field_path import field_path
from drakkar.apiserver.custom.schema import Schema
from drakkar.cel.environment.declarations import Environment
from drakkar.cel.objects import rules as cel
from drakkar.cel.objects.place import Place
from drakkar.cel.objects.program import Program
from drakkar.cel.objects.rules import Declared
from drakkar.cel.outcome import CompileError

_KEPT: Final = 128
Compiled = Program | CompileError


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `program` is None where it is empty. `field` is what of the place it is about, as a path, or empty."""

    text: str
    message: str
    message_expression: str
    reason: str
    field: str
    optional: bool | None
    program: Compiled | None
    worded: Compiled | None
    asks_old: bool

    @property
    def named(self) -> str:
        """The rule as messages call it."""
        return self.message.strip() or self.text.strip()


@dataclass(slots=True, eq=False)
class Rules:
    """The rules of a place and of those below it; `failure` is why none here can be compiled."""

    schema: Schema
    place: Place
    declared: Declared
    rules: tuple[Rule, ...] = ()
    failure: str = ""
    fields: dict[str, Rules] = field(default_factory=dict)
    values: Rules | None = None
    items: Rules | None = None

    def each(self) -> Iterator[Rules]:
        """This one and those below it."""
        yield self
        for below in (*self.fields.values(), self.values, self.items):
            if below is not None:
                yield from below.each()


@functools.lru_cache(_KEPT)
def compiled(schema: Schema, resource: bool) -> Rules | None:
    """The rules of a schema; None where it has none. A `resource` has names, whether its schema says so or not."""
    if not has_rules(schema):
        return None
    declared = Declared(schema.source, resource)
    return _compiled(schema, declared.root, declared)


def most_cost(rules: Rules | None) -> int:
    """The most that all rules may cost where each is asked once."""
    each = () if rules is None else rules.each()
    return sum(
        made.most_cost()
        for place in each
        for rule in place.rules
        for made in (rule.program, rule.worded)
        if isinstance(made, Program)
    )


def searches(rules: Rules) -> bool:
    """Whether any of the rules searches texts for patterns."""
    return any(
        made.searches()
        for place in rules.each()
        for rule in place.rules
        for made in (rule.program, rule.worded)
        if isinstance(made, Program)
    )


def has_rules(schema: Schema) -> bool:
    """Whether any part of a schema has rules."""
    return bool(schema.rules) or any(map(has_rules, _below(schema)))


def _below(schema: Schema) -> Iterator[Schema]:
    yield from schema.properties.values()
    yield from (child for child in (schema.items, schema.values) if child is not None)


def _compiled(schema: Schema, place: Place | None, declared: Declared) -> Rules | None:
    if place is None:
        return None
    made = Rules(schema, place, declared)
    if schema.rules:
        if place.type is None:
            made.failure = "failed to convert to declType for CEL validation rules"
        else:
            made.rules = tuple(_rule(one, schema, place, declared) for one in schema.rules)
    for name, child in schema.properties.items():
        below = place.fields.get(name)
        found = _compiled(child, below, declared)
        if found is not None:
            made.fields[name] = found
    if schema.items is not None:
        made.items = _compiled(schema.items, place.items, declared)
    if schema.values is not None:
        made.values = _compiled(schema.values, place.values, declared)
    there = made.rules or made.failure or made.fields or made.values or made.items
    return made if there else None


def _rule(source: ObjectView, schema: Schema, place: Place, declared: Declared, stored: bool = True) -> Rule:
    text, expression = source.get("rule") or "", source.get("messageExpression") or ""
    optional = source.get("optionalOldSelf")
    environments = declared.environments(place, stored)
    environment = environments.optional if optional else environments.plain
    program = _asked(text, environment) if text.strip() else None
    worded: Compiled | None = None
    if expression and isinstance(program, Program):
        worded = cel.rule(expression, environment)
        if isinstance(worded, Program) and not cel.is_message(worded):
            worded = CompileError("messageExpression must evaluate to a string", kind="result")
    path = source.get("fieldPath") or ""
    return Rule(
        text,
        source.get("message") or "",
        expression,
        source.get("reason") or "",
        field_path(path, schema) or "" if path else "",
        optional,
        program,
        worded,
        isinstance(program, Program) and cel.OLD in program.names(),
    )


def renewed(rules: Rules, rule: Rule) -> Rule:
    """A rule as one that is not stored yet, which may say less."""
    if not any(map(cel.is_latest, (rule.text, rule.message_expression))):
        return rule
    source = {
        "rule": rule.text,
        "messageExpression": rule.message_expression,
        "optionalOldSelf": rule.optional,
    }
    return _rule(source, rules.schema, rules.place, rules.declared, stored=False)


def _asked(text: str, environment: Environment) -> Compiled:
    made = cel.rule(text, environment)
    if isinstance(made, Program) and not cel.is_rule(made):
        return CompileError("cel expression must evaluate to a bool", kind="result")
    return made


def said(error: CompileError) -> str:
    """Why a rule or what words it is refused."""
    return error.message if error.kind == "result" else f"compilation failed: {error.pointed}"
