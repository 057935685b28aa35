"""Whether an object of resource.k8s.io/v1 may be stored: one door for all kinds."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.features import Features
from drakkar.api.object import Object
from drakkar.validation.claim import claim
from drakkar.validation.claim_template import claim_template
from drakkar.validation.device_class import device_class
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.slice import resource_slice
from drakkar.validation.status import claim_status
from drakkar.validation.taint_rule import taint_rule, taint_rule_status

KINDS = ("DeviceClass", "DeviceTaintRule", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice")


def validate(
    kind: str,
    obj: Object,
    old: Object | None = None,
    features: Features | None = None,
    namespace_labels: Mapping[str, str] | None = None,
) -> list[FieldError]:
    """What is wrong with an object's spec, after defaulting; with `old`, what is wrong with replacing that.

    Without `namespace_labels` nobody is kept from admin access. Metadata and status are not looked at.
    """
    found, on = Findings(), Features.default() if features is None else features
    if kind == "ResourceClaim":
        claim(found, obj, old, on, namespace_labels)
    elif kind == "ResourceClaimTemplate":
        claim_template(found, obj, old, on, namespace_labels)
    elif kind == "DeviceClass":
        device_class(found, obj, old, on)
    elif kind == "ResourceSlice":
        resource_slice(found, obj, old, on)
    elif kind == "DeviceTaintRule":
        taint_rule(found, obj, old)
    else:
        raise ValueError(f"no rules for the kind {kind!r}; there are some for {', '.join(KINDS)}")
    return found.listed()


def validate_status(
    obj: Object, old: Object, namespace_labels: Mapping[str, str] | None = None
) -> list[FieldError]:
    """What is wrong with replacing a ResourceClaim's status; `obj` has the spec and metadata that are stored."""
    found = Findings()
    claim_status(found, obj, old, namespace_labels)
    return found.listed()


def validate_taint_rule_status(obj: Object) -> list[FieldError]:
    """What is wrong with the status of a DeviceTaintRule."""
    found = Findings()
    taint_rule_status(found, obj)
    return found.listed()
