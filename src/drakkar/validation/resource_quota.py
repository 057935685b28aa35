"""ResourceQuotas: what may be counted, and in which scopes."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.api.pod_totals import amounts
from drakkar.api.resource_names import POD, is_standard_for_quota
from drakkar.validation import internal_form
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.resource_amounts import amount, quantity, quota_resource_name

_PODS = frozenset(
    ("pods", *POD, *(f"{part}.{name}" for part in ("requests", "limits") for name in POD)),
)
# What can be counted in a scope, of that which has a plain name.
_SCOPES = {
    "Terminating": _PODS,
    "NotTerminating": _PODS,
    "NotBestEffort": _PODS,
    "PriorityClass": _PODS,
    "CrossNamespacePodAffinity": _PODS,
    "BestEffort": frozenset({"pods"}),
    "VolumeAttributesClass": frozenset({"persistentvolumeclaims", "requests.storage"}),
}
# These only are, or are not.
_PLAIN = ("BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity")
_EXCLUSIVE = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})


def quota_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a ResourceQuota, its status aside."""
    found = Findings()
    spec = mapping(obj, "spec")
    hard = mapping(spec, "hard")
    _amounts(found, "spec.hard", hard)
    _scopes(found, spec, hard)
    if spec.get("scopeSelector") is not None:
        _selector(found, spec, hard)
    return found.listed()


def quota_change_problems(old: Object, new: Object) -> list[FieldError]:
    """What else is wrong with a ResourceQuota that takes the place of `old`."""
    found = Findings()
    scopes = mapping(new, "spec").get("scopes")
    if set(items(mapping(old, "spec"), "scopes")) != set(scopes or ()):
        found.invalid("spec.scopes", scopes, "field is immutable")
    return found.listed()


def quota_status_problems(new: Object) -> list[FieldError]:
    """What is wrong with the status of a ResourceQuota."""
    found = Findings()
    for part in ("hard", "used"):
        _amounts(found, f"status.{part}", mapping(mapping(new, "status"), part))
    return found.listed()


def quota_warnings(obj: Object) -> list[str]:
    """What to warn of whoever makes a ResourceQuota: requests that could come to more than the limits."""
    hard, said = amounts(mapping(obj, "spec").get("hard")), []
    for name in ("cpu", "memory", "storage", "ephemeral-storage"):
        asked = f"requests.{name}"
        if asked not in hard and name in POD:
            asked = name
        limited = f"limits.{name}"
        if asked in hard and limited in hard:
            request, limit = hard[asked], hard[limited]
            if request > limit:
                said.append(
                    f"ResourceQuota {asked} ({request.format()}) should be less than {limited} ({limit.format()})"
                )
    return said


def _amounts(found: Findings, path: str, given: Object) -> None:
    for name, value in given.items():
        here = f"{path}[{name}]"
        quota_resource_name(found, here, name)
        read = quantity(found, here, value)
        if read is not None:
            amount(found, here, name, read)


def _counted_elsewhere(scope: str, hard: Object) -> int:
    """How many of the names are not counted in a scope."""
    counted = _SCOPES.get(scope)
    return 0 if counted is None else sum(is_standard_for_quota(name) and name not in counted for name in hard)


def _scopes(found: Findings, spec: Object, hard: Object) -> None:
    scopes = items(spec, "scopes")
    for scope in scopes:
        _scope(found, "spec.scopes", "spec.scopes", scope, hard, scopes, scopes)
    _exclusive(found, "spec.scopes", set(scopes), scopes)


def _scope(found: Findings, path: str, part: str, scope: str, hard: Object, named: Any, whole: Any) -> None:
    if scope not in _SCOPES:
        found.invalid(part, named, "unsupported scope")
    for _ in range(_counted_elsewhere(scope, hard)):
        found.invalid(path, whole, "unsupported scope applied to resource")


def _exclusive(found: Findings, path: str, scopes: set[str], shown: Any) -> None:
    for pair in _EXCLUSIVE:
        if pair <= scopes:
            found.invalid(path, shown, "conflicting scopes")


def _selector(found: Findings, spec: Object, hard: Object) -> None:
    path, selector = "spec.scopeSelector.matchExpressions", spec["scopeSelector"]
    whole = internal_form.scope_selector(selector)
    asked = items(selector, "matchExpressions")
    for one in asked:
        scope = text(one, "scopeName")
        _scope(found, path, f"{path}.scopeName", scope, hard, scope, whole)
        _requirement(found, path, scope, text(one, "operator"), one.get("values"))
    _exclusive(found, path, {text(one, "scopeName") for one in asked}, spec.get("scopes"))


def _requirement(found: Findings, path: str, scope: str, operator: str, values: Any) -> None:
    if scope in _PLAIN and operator != "Exists":
        said = (
            "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
            "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
        )
        found.invalid(f"{path}.operator", operator, said)
    match operator:
        case "In" | "NotIn":
            if not values:
                said = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                found.required(f"{path}.values", said)
        case "Exists" | "DoesNotExist":
            if values:
                said = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
                found.invalid(f"{path}.values", values, said)
        case _:
            found.invalid(f"{path}.operator", operator, "not a valid selector operator")
