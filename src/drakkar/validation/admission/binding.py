"""ValidatingAdmissionPolicyBinding: which policy it puts to work, with what parameters, and what comes of a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.admission.matching import match_resources
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, text
from drakkar.validation.pod.label_selector import label_selector

_ACTIONS = ("Audit", "Deny", "Warn")
_NOT_FOUND = ("Deny", "Allow")
_EXCLUSIVE = "name and selector are mutually exclusive"


def binding_problems(binding: Object) -> list[FieldError]:
    """What is wrong with a binding that has its defaults."""
    found = Findings()
    spec: Object = binding.get("spec") or {}
    policy = text(spec, "policyName")
    if not policy:
        found.required("spec.policyName")
    else:
        found.each_invalid("spec.policyName", policy, formats.dns_subdomain(policy))
    if spec.get("paramRef") is not None:
        param_ref(found, "spec.paramRef", spec["paramRef"])
    if spec.get("matchResources") is not None:
        match_resources(found, "spec.matchResources", spec["matchResources"])
    _actions(found, "spec.validationActions", items(spec, "validationActions"))
    return found.listed()


def param_ref(found: Findings, path: str, given: Object) -> None:
    """Which parameters a binding gives its policy."""
    name, selector = text(given, "name"), given.get("selector")
    if name:
        found.each_invalid(f"{path}.name", name, formats.path_segment(name))
        if selector is not None:
            found.forbidden(f"{path}.name", _EXCLUSIVE)
    if selector is not None:
        label_selector(found, f"{path}.selector", selector)
        if name:
            found.forbidden(f"{path}.selector", _EXCLUSIVE)
    if not name and selector is None:
        found.required(path, "one of name or selector must be specified")
    action = text(given, "parameterNotFoundAction")
    if not action:
        found.required(f"{path}.parameterNotFoundAction")
    elif action not in _NOT_FOUND:
        found.not_supported(f"{path}.parameterNotFoundAction", action, _NOT_FOUND)


def _actions(found: Findings, path: str, given: Sequence[str]) -> None:
    seen: set[str] = set()
    for at, action in enumerate(given):
        if action not in _ACTIONS:
            found.not_supported(f"{path}[{at}]", action, _ACTIONS)
        if action in seen:
            found.duplicate(f"{path}[{at}]", action)
        seen.add(action)
    if {"Deny", "Warn"} <= seen:
        said = (
            "must not contain both Deny and Warn (repeating the same validation failure information in the API "
            "response and headers serves no purpose)"
        )
        found.invalid(path, list(given), said)
    if not given:
        found.required(path)
