"""Where a Service sends what comes to it: session affinity, traffic policies, traffic distribution."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import mapping, text
from drakkar.validation.service.kind import health_checked, reached_from_outside

_AFFINITIES = ("ClientIP", "None")
_POLICIES = ("Cluster", "Local")
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
_LONGEST_AFFINITY_S = 86400


def session_affinity(found: Findings, spec: Object) -> None:
    """Whether a client stays with a pod, and how long."""
    affinity = text(spec, "sessionAffinity")
    if affinity not in _AFFINITIES:
        found.not_supported("spec.sessionAffinity", affinity, _AFFINITIES)
    elif affinity == "ClientIP":
        seconds = mapping(mapping(spec, "sessionAffinityConfig"), "clientIP").get("timeoutSeconds")
        here = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        if seconds is None:
            found.required(here, "when session affinity type is ClientIP")
        elif not 0 < seconds <= _LONGEST_AFFINITY_S:
            found.invalid(here, seconds, f"must be greater than 0 and less than {_LONGEST_AFFINITY_S}")


def traffic_policies(found: Findings, spec: Object) -> None:
    """Which of the pods are chosen, for what comes from outside and from inside."""
    outside, inside = text(spec, "externalTrafficPolicy"), spec.get("internalTrafficPolicy")
    if not reached_from_outside(spec):
        if outside:
            said = "may only be set for externally-accessible services"
            found.invalid("spec.externalTrafficPolicy", outside, said)
    elif outside not in _POLICIES:
        found.not_supported("spec.externalTrafficPolicy", outside, _POLICIES)
    _health_check(found, spec)
    if inside is not None and inside not in _POLICIES:
        found.not_supported("spec.internalTrafficPolicy", inside, _POLICIES)
    spread = spec.get("trafficDistribution")
    if spread is not None and spread not in _DISTRIBUTIONS:
        found.not_supported("spec.trafficDistribution", spread, _DISTRIBUTIONS)


def _health_check(found: Findings, spec: Object) -> None:
    here, port = "spec.healthCheckNodePort", spec.get("healthCheckNodePort") or 0
    if not health_checked(spec):
        if port:
            said = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
            found.invalid(here, port, said)
    elif not port:
        found.required(here)
    else:
        found.each_invalid(here, port, formats.in_range(port, 1, 65535))
