"""What of a Service may change: addresses once given stay, a second one may come and go."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.service.kind import headless, health_checked

_ONCE = "may not change once set"


def service_changes(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with a Service in place of `old`."""
    found = Findings()
    before, after = mapping(old, "spec"), mapping(new, "spec")
    if "ExternalName" not in (text(before, "type"), text(after, "type")):
        if not (headless(before) and headless(after)):
            _addresses(found, before, after)
        if not headless(before) and not headless(after):
            _families(found, before, after)
    balanced = text(before, "type") == text(after, "type") == "LoadBalancer"
    kind = after.get("loadBalancerClass")
    if balanced and kind != before.get("loadBalancerClass"):
        found.invalid("spec.loadBalancerClass", kind, _ONCE)
    ports = [spec.get("healthCheckNodePort") or 0 for spec in (before, after)]
    if health_checked(before) and health_checked(after) and ports[0] != ports[1]:
        found.forbidden("spec.healthCheckNodePort", "field is immutable")
    return found.listed()


def _addresses(found: Findings, before: Object, after: Object) -> None:
    held, wanted = items(before, "clusterIPs"), items(after, "clusterIPs")
    if len(held) == len(wanted):
        for at, (one, other) in enumerate(zip(held, wanted, strict=True)):
            if one != other:
                found.invalid(f"spec.clusterIPs[{at}]", wanted, _ONCE)
        return
    if held and not wanted:
        found.invalid("spec.clusterIPs[0]", wanted or None, "primary clusterIP can not be unset")
    elif held and held[0] != wanted[0]:
        found.invalid("spec.clusterIPs[0]", wanted, _ONCE)
    _alone(found, after, len(held) > len(wanted) == 1, "clusterIP")


def _families(found: Findings, before: Object, after: Object) -> None:
    held, wanted = items(before, "ipFamilies"), items(after, "ipFamilies")
    if len(held) == len(wanted):
        for one, other in zip(held, wanted, strict=True):
            if one != other:
                found.invalid("spec.ipFamilies[0]", wanted, _ONCE)
        return
    if held and wanted and held[0] != wanted[0]:
        found.invalid("spec.ipFamilies[0]", items(after, "clusterIPs"), _ONCE)
    _alone(found, after, len(held) > len(wanted) == 1, "ipFamily")


def _alone(found: Findings, spec: Object, released: bool, what: str) -> None:
    if released and spec.get("ipFamilyPolicy") != "SingleStack":
        said = f"must be set to 'SingleStack' when releasing the secondary {what}"
        found.invalid("spec.ipFamilyPolicy", spec.get("ipFamilyPolicy"), said)
