"""IngressClasses: who looks after their Ingresses, and with which parameters."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import immutable, mapping, text
from drakkar.validation.names import domain_prefixed_path
from drakkar.validation.network.ingress import reference

_LONGEST = 250
_SCOPES = ("Cluster", "Namespace")


def ingress_class_problems(obj: Object) -> list[FieldError]:
    """What is wrong with an IngressClass."""
    found, spec = Findings(), mapping(obj, "spec")
    controller = text(spec, "controller")
    if formats.size(controller) > _LONGEST:
        found.too_long("spec.controller", _LONGEST)
    domain_prefixed_path(found, "spec.controller", controller)
    parameters = spec.get("parameters")
    if parameters is not None:
        reference(found, "spec.parameters", parameters)
        _scope(found, "spec.parameters", parameters)
    return found.listed()


def _scope(found: Findings, path: str, parameters: Object) -> None:
    scope, home = text(parameters, "scope"), parameters.get("namespace")
    if scope not in _SCOPES:
        found.not_supported(f"{path}.scope", scope, _SCOPES)
    elif scope == "Cluster" and home is not None:
        found.forbidden(f"{path}.namespace", "`parameters.scope` is set to 'Cluster'")
    elif scope == "Namespace" and home is None:
        found.required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif scope == "Namespace":
        found.each_invalid(f"{path}.namespace", home, formats.dns_label(str(home)))


def ingress_class_changes(old: Object, new: Object) -> list[FieldError]:
    """Its controller stays."""
    found = Findings()
    before, after = (text(mapping(obj, "spec"), "controller") for obj in (old, new))
    immutable(found, "spec.controller", after, before)
    return found.listed()
