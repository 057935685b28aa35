"""ValidatingAdmissionPolicy: its expressions must compile, and say what they are to say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from drakkar.api.object import Object
from drakkar.cel.objects.composition import Composition
from drakkar.cel.types import BOOL, NULL, STRING, Type
from drakkar.validation import formats
from drakkar.validation.admission.match_conditions import compiles, match_conditions
from drakkar.validation.admission.matching import match_resources
from drakkar.validation.conditions import conditions
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, text

_FAILURES = ("Fail", "Ignore")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_MOST_ANNOTATIONS = 20
_LONGEST_VALUE_EXPRESSION = 5 * 1024
_IDENTIFIER = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")
_RESERVED = frozenset(
    (
        *("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if"),
        *("import", "let", "loop", "package", "namespace", "return", "var", "void", "while"),
    )
)
_NOTHING = "validations or auditAnnotations must contain at least one item"


def policy_problems(policy: Object) -> list[FieldError]:
    """What is wrong with a policy that has its defaults."""
    found = Findings()
    _Validating(found, policy).spec("spec")
    return found.listed()


def policy_status_problems(policy: Object) -> list[FieldError]:
    """What is wrong with a policy's status."""
    found = Findings()
    status = policy.get("status") or {}
    warnings = items(status.get("typeChecking") or {}, "expressionWarnings")
    for at, warning in enumerate(warnings):
        here = f"status.typeChecking.expressionWarnings[{at}]"
        if not text(warning, "warning"):
            found.required(f"{here}.warning")
        if not text(warning, "fieldRef").strip():
            found.required(f"{here}.fieldRef")
    conditions(found, "status.conditions", items(status, "conditions"))
    return found.listed()


class PolicyRules:
    """What all policies have, looked at from top to bottom."""

    def __init__(self, found: Findings, policy: Object) -> None:
        self.found = found
        self.name = text(policy.get("metadata") or {}, "name")
        self.given: Object = policy.get("spec") or {}
        self._params = self.given.get("paramKind") is not None
        self.composition = Composition(self._params, bool(items(self.given, "variables")))
        self._plain = Composition(self._params, False)

    def common(self, path: str) -> None:
        """When the policy is asked, about what, and its variables."""
        found, spec = self.found, self.given
        failure = text(spec, "failurePolicy")
        if failure not in _FAILURES:
            found.not_supported(f"{path}.failurePolicy", failure, _FAILURES)
        if self._params:
            _param_kind(found, f"{path}.paramKind", spec["paramKind"])
        constraints = spec.get("matchConstraints")
        if constraints is None:
            found.required(f"{path}.matchConstraints")
        else:
            match_resources(found, f"{path}.matchConstraints", constraints)
            if not items(constraints, "resourceRules"):
                found.required(f"{path}.matchConstraints.resourceRules")
        match_conditions(found, f"{path}.matchConditions", items(spec, "matchConditions"), self._plain)
        for at, variable in enumerate(items(spec, "variables")):
            self._variable(f"{path}.variables[{at}]", variable)

    def _variable(self, path: str, variable: Object) -> None:
        found, name, expression = self.found, text(variable, "name"), text(variable, "expression")
        if not name.strip():
            found.required(f"{path}.name", "name is not specified")
        elif not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
            found.invalid(f"{path}.name", name, "must be a valid CEL identifier")
        if not expression.strip():
            found.required(f"{path}.expression", "expression is not specified")
        else:
            compiles(self.found, f"{path}.expression", expression, self.composition.add(name, expression))


class _Validating(PolicyRules):
    """A policy that says what is legal."""

    def spec(self, path: str) -> None:
        self.common(path)
        found, spec = self.found, self.given
        validations, annotations = items(spec, "validations"), items(spec, "auditAnnotations")
        if not validations and not annotations:
            found.required(f"{path}.validations", _NOTHING)
            found.required(f"{path}.auditAnnotations", _NOTHING)
        for at, validation in enumerate(validations):
            self._validation(f"{path}.validations[{at}]", validation)
        self._annotations(f"{path}.auditAnnotations", annotations)

    def _validation(self, path: str, validation: Object) -> None:
        found = self.found
        expression, by_expression = text(validation, "expression"), text(validation, "messageExpression")
        message, reason = text(validation, "message"), validation.get("reason")
        if not expression.strip():
            found.required(f"{path}.expression", "expression is not specified")
        else:
            self._condition(f"{path}.expression", expression, (BOOL,))
        if by_expression and not by_expression.strip():
            found.invalid(f"{path}.messageExpression", by_expression, "must be non-empty if specified")
        elif by_expression:
            self._condition(f"{path}.messageExpression", by_expression, (STRING,), authorizer=False)
        if message and not message.strip():
            found.invalid(f"{path}.message", message, "must be non-empty if specified")
        elif any(one in message.strip() for one in "\r\n"):
            found.invalid(f"{path}.message", message, "must not contain line breaks")
        if reason is not None and reason not in _REASONS:
            found.not_supported(f"{path}.reason", reason, _REASONS)

    def _condition(self, path: str, expression: str, wanted: Sequence[Type], authorizer: bool = True) -> None:
        compiles(self.found, path, expression, self.composition.condition(expression, wanted, authorizer))

    def _annotations(self, path: str, given: Sequence[Object]) -> None:
        found = self.found
        if len(given) > _MOST_ANNOTATIONS:
            shown = [
                {"Key": text(one, "key"), "ValueExpression": text(one, "valueExpression")} for one in given
            ]
            found.invalid(path, shown, f"must not have more than {_MOST_ANNOTATIONS} auditAnnotations")
        seen: set[str] = set()
        for at, annotation in enumerate(given):
            here, key = f"{path}[{at}]", text(annotation, "key")
            if self.name:
                whole = f"{self.name}/{key}"
                found.each_invalid(f"{here}.key", whole, formats.label_key(whole))
            else:
                found.invalid(f"{here}.key", key, "requires metadata.name be non-empty")
            expression = text(annotation, "valueExpression")
            trimmed = expression.strip()
            if not trimmed:
                found.required(f"{here}.valueExpression", "valueExpression is not specified")
            elif formats.size(trimmed) > _LONGEST_VALUE_EXPRESSION:
                most = f"must not exceed {_LONGEST_VALUE_EXPRESSION} bytes in length"
                found.required(f"{here}.valueExpression", most)
            else:
                made = self.composition.condition(trimmed, (STRING, NULL))
                compiles(self.found, f"{here}.valueExpression", expression, made)
            if key in seen:
                found.duplicate(f"{here}.key", key)
            seen.add(key)


def _param_kind(found: Findings, path: str, kind: Object) -> None:
    version, name = text(kind, "apiVersion"), text(kind, "kind")
    here = f"{path}.apiVersion"
    if not version:
        found.required(here)
    elif version.count("/") > 1:
        found.invalid(here, version, f"unexpected GroupVersion string: {version}")
    else:
        group, _, number = version.rpartition("/")
        wrong = formats.dns_subdomain(group, declared=True) if group else []
        if wrong:
            found.invalid(here, group, ",".join(wrong))
        if not number:
            found.invalid(here, version, "version must be specified")
        elif problems := formats.dns_1035_label(number):
            found.invalid(here, number, ",".join(problems))
    if not name:
        found.required(f"{path}.kind")
    elif problems := formats.dns_1035_label(name.lower()):
        said_ = f"may have mixed case, but should otherwise match: {','.join(problems)}"
        found.invalid(f"{path}.kind", name, said_)
