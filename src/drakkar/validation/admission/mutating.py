"""MutatingAdmissionPolicy and its bindings: its expressions must compile, and come to changes."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.cel.environment.patch_types import JSON_PATCH, OBJECT
from drakkar.cel.types import list_of
from drakkar.validation import formats
from drakkar.validation.admission.binding import param_ref
from drakkar.validation.admission.match_conditions import compiles
from drakkar.validation.admission.matching import match_resources
from drakkar.validation.admission.policy import PolicyRules
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text

_OPERATIONS = ("*", "CONNECT", "CREATE", "UPDATE")
_REINVOCATIONS = ("IfNeeded", "Never")
# By the type of a patch, the field that has it, and what its expression comes to.
_PATCHES = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}
_WANTED = {"ApplyConfiguration": OBJECT, "JSONPatch": list_of(JSON_PATCH)}


def mutating_policy_problems(policy: Object) -> list[FieldError]:
    """What is wrong with a policy that has its defaults."""
    found = Findings()
    rules = PolicyRules(found, policy)
    rules.common("spec")
    spec = rules.given
    _operations(found, "spec.matchConstraints", mapping(spec, "matchConstraints"))
    mutations = items(spec, "mutations")
    if not mutations:
        found.required("spec.mutations", "mutations must contain at least one item")
    for at, mutation in enumerate(mutations):
        _mutation(rules, f"spec.mutations[{at}]", mutation)
    reinvocation = text(spec, "reinvocationPolicy")
    if not reinvocation:
        found.required("spec.reinvocationPolicy")
    elif reinvocation not in _REINVOCATIONS:
        found.not_supported("spec.reinvocationPolicy", reinvocation, _REINVOCATIONS)
    return found.listed()


def mutating_binding_problems(binding: Object) -> list[FieldError]:
    """What is wrong with a binding that has its defaults."""
    found, spec = Findings(), mapping(binding, "spec")
    policy = text(spec, "policyName")
    if not policy:
        found.required("spec.policyName")
    else:
        found.each_invalid("spec.policyName", policy, formats.dns_subdomain(policy))
    if spec.get("paramRef") is not None:
        param_ref(found, "spec.paramRef", spec["paramRef"])
    if spec.get("matchResources") is not None:
        match_resources(found, "spec.matchResources", spec["matchResources"])
        _operations(found, "spec.matchResources", spec["matchResources"])
    return found.listed()


def _operations(found: Findings, path: str, given: Object) -> None:
    """What goes cannot be changed."""
    for rule in items(given, "resourceRules"):
        for operation in items(rule, "operations"):
            if operation not in _OPERATIONS:
                found.not_supported(f"{path}.resourceRules.operations", operation, _OPERATIONS)


def _mutation(rules: PolicyRules, path: str, mutation: Object) -> None:
    found = rules.found
    kind = text(mutation, "patchType")
    if not kind:
        found.required(f"{path}.patchType")
        return
    if kind not in _PATCHES:
        found.not_supported(f"{path}.patchType", kind, sorted(_PATCHES))
        return
    field = _PATCHES[kind]
    if mutation.get(field) is None:
        found.required(f"{path}.{field}", f"must be specified when patchType is {kind}")
    else:
        _expression(rules, f"{path}.{field}.expression", text(mutation[field], "expression").strip(), kind)
    for other in _PATCHES.values():
        if other != field and mutation.get(other) is not None:
            said = f"must not be specified when patchType is {kind}"
            found.invalid(f"{path}.{other}", f"{{{other}}}", said)


def _expression(rules: PolicyRules, path: str, expression: str, kind: str) -> None:
    if not expression:
        rules.found.required(path)
    else:
        compiles(rules.found, path, expression, rules.composition.change(expression, _WANTED[kind]))
