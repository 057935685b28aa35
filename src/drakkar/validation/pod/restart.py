"""When one container of a pod starts again, whatever the pod's own policy."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text

_POLICIES = ("Always", "Never", "OnFailure")
_ACTIONS = ("Restart", "RestartAllContainers")
_OPERATORS = ("In", "NotIn")
_MOST_RULES = 20
_MOST_VALUES = 255


def container_restart(found: Findings, path: str, container: Object) -> None:
    """A container's own policy with its rules by exit code."""
    policy, rules = container.get("restartPolicy"), items(container, "restartPolicyRules")
    if policy is None:
        if rules:
            found.required(f"{path}.restartPolicy", "must specify restartPolicy when restart rules are used")
    elif policy not in _POLICIES:
        found.not_supported(f"{path}.restartPolicy", policy, _POLICIES)
    if len(rules) > _MOST_RULES:
        found.too_many(f"{path}.restartPolicyRules", len(rules), _MOST_RULES)
    for at, rule in enumerate(rules):
        here, codes = f"{path}.restartPolicyRules[{at}]", rule.get("exitCodes")
        if text(rule, "action") not in _ACTIONS:
            found.not_supported(f"{here}.action", text(rule, "action"), _ACTIONS)
        if codes is None:
            found.required(f"{here}.exitCodes", "must be specified")
            continue
        if text(codes, "operator") not in _OPERATORS:
            found.not_supported(f"{here}.exitCodes.operator", text(codes, "operator"), _OPERATORS)
        if len(items(codes, "values")) > _MOST_VALUES:
            found.too_many(f"{here}.exitCodes.values", len(codes["values"]), _MOST_VALUES)
