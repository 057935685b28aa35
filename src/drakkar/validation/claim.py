"""ResourceClaim: its spec, and that it does not change (dra-semantics 1.5)."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.features import CONSUMABLE_CAPACITY, Features
from drakkar.api.object import Object
from drakkar.api.resource import DeviceRequest
from drakkar.cel import COST_LIMIT
from drakkar.validation import names
from drakkar.validation.configuration import device_configuration
from drakkar.validation.field_error import Findings
from drakkar.validation.field_order import as_written
from drakkar.validation.field_values import items, mapping, same, text, unique, within
from drakkar.validation.request import device_request
from drakkar.validation.request_names import references, request_names

_DERIVED_TOO_COMPLEX = (
    "too complex, total cost of derived attribute CEL expressions in the claim exceeds cost limit"
)
ADMIN_LABEL = "resource.kubernetes.io/admin-access"

_MOST_REQUESTS = 32
_MOST_CONSTRAINTS = 32
_MOST_CONFIGS = 32
_ONE_ATTRIBUTE = (
    'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
)


def claim(
    found: Findings,
    obj: Object,
    old: Object | None,
    features: Features,
    namespace_labels: Mapping[str, str] | None,
) -> None:
    """A new claim, or an update of an old one."""
    spec = mapping(obj, "spec")
    if old is not None:
        if not same(spec, mapping(old, "spec")):
            found.invalid("spec", None, "field is immutable", declared=True)
        return
    admin_access(found, spec, namespace_labels)
    claim_spec(found, "spec", spec, features)


def admin_access(found: Findings, spec: Object, namespace_labels: Mapping[str, str] | None) -> None:
    """Access to devices in use is for namespaces with a label; nothing is asked if the labels are not known."""
    if namespace_labels is None or namespace_labels.get(ADMIN_LABEL) == "true":
        return
    for at, request in enumerate(items(mapping(spec, "devices"), "requests")):
        if mapping(request, "exactly").get("adminAccess"):
            # For templates too, and without `exactly`: upstream puts the path together like this.
            admin_denied(found, f"spec.devices.requests[{at}].adminAccess")
            return


def admin_denied(found: Findings, path: str) -> None:
    """Say that the namespace lacks the label."""
    found.forbidden(
        path, f"admin access to devices requires the `{ADMIN_LABEL}: true` label on the containing namespace"
    )


def claim_spec(found: Findings, path: str, spec: Object, features: Features) -> None:
    """The spec of a claim or inside a template."""
    devices = mapping(spec, "devices")
    path = f"{path}.devices"
    known = request_names(spec)
    cost = 0
    requests, constraints, configs = (items(devices, part) for part in ("requests", "constraints", "config"))
    if within(found, f"{path}.requests", requests, _MOST_REQUESTS):
        unique(
            found,
            f"{path}.requests",
            requests,
            lambda request: text(request, "name"),
            lambda request: as_written(DeviceRequest, request),
        )
        for at, request in enumerate(requests):
            cost += device_request(found, f"{path}.requests[{at}]", request, constraints, features)
    if within(found, f"{path}.constraints", constraints, _MOST_CONSTRAINTS):
        for at, constraint in enumerate(constraints):
            _constraint(found, f"{path}.constraints[{at}]", constraint, known, features)
    if within(found, f"{path}.config", configs, _MOST_CONFIGS):
        for at, config in enumerate(configs):
            references(found, f"{path}.config[{at}].requests", items(config, "requests"), known)
            device_configuration(found, f"{path}.config[{at}]", config)
    if cost > COST_LIMIT:
        found.forbidden(path, _DERIVED_TOO_COMPLEX)


def _constraint(
    found: Findings, path: str, constraint: Object, known: frozenset[str], features: Features
) -> None:
    references(found, f"{path}.requests", items(constraint, "requests"), known)
    match, distinct = constraint.get("matchAttribute"), constraint.get("distinctAttribute")
    for part, name in (("matchAttribute", match), ("distinctAttribute", distinct)):
        if name is not None:
            names.fully_qualified(found, f"{path}.{part}", name)
    if match is not None or distinct is not None:
        return
    if CONSUMABLE_CAPACITY in features:
        found.required(path, _ONE_ATTRIBUTE)
    else:
        found.required(f"{path}.matchAttribute")
