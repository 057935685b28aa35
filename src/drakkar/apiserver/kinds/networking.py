"""The kinds of the group networking.k8s.io: what may come in, and who may speak with whom."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Facts, Strategy
from drakkar.apiserver.tables import traffic
from drakkar.apiserver.tables.ranges import ADDRESSES, RANGES
from drakkar.validation.field_error import FieldError
from drakkar.validation.object_meta import Rules
from drakkar.validation.service_range import (
    address_name,
    address_problems,
    range_change_problems,
    range_problems,
)

_GROUP = "networking.k8s.io"


def _ingress(obj: Object) -> Iterator[FieldError]:
    spec = obj.get("spec") or {}
    if not spec.get("defaultBackend") and not spec.get("rules"):
        said = "either `defaultBackend` or `rules` must be specified"
        yield FieldError.invalid("spec", "null", said)
    for at, rule in enumerate(spec.get("rules") or ()):
        for place, path in enumerate((rule.get("http") or {}).get("paths") or ()):
            if not path.get("pathType"):
                here = f"spec.rules[{at}].http.paths[{place}].pathType"
                yield FieldError.required(here, "pathType must be specified")


def _ingress_class_rules(obj: Object) -> Iterator[FieldError]:
    if not (obj.get("spec") or {}).get("controller"):
        yield FieldError.required("spec.controller")


def _ingress_class(obj: Object) -> None:
    parameters = (obj.get("spec") or {}).get("parameters")
    if isinstance(parameters, dict):
        parameters.setdefault("scope", "Cluster")


def _network_policy(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    if not spec.get("policyTypes"):
        # Who says nothing of what goes out does not forbid it.
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for direction in ("ingress", "egress"):
        for rule in spec.get(direction) or ():
            for port in rule.get("ports") or ():
                port.setdefault("protocol", "TCP")


_INGRESSES = Strategy(columns=traffic.INGRESSES, rules=_ingress, idle="nothing routes requests by an Ingress")
_INGRESS_CLASSES = Strategy(
    columns=traffic.INGRESS_CLASSES,
    default=_ingress_class,
    rules=_ingress_class_rules,
    idle="nothing routes requests by an IngressClass",
)
_POLICIES = Strategy(
    columns=traffic.POLICIES, default=_network_policy, idle="no traffic is kept away by a NetworkPolicy"
)


class _Ranges(Strategy):
    def problems(self, new: Object, old: Object | None, facts: Facts) -> list[FieldError]:
        """What is wrong with a new range, or with a change of one."""
        return range_problems(new) if old is None else range_change_problems(old, new)


_ADDRESSES = Strategy(
    columns=ADDRESSES,
    metadata=Rules(address_name),
    rules=address_problems,
    fixed=("spec.parentRef",),
    idle="no service keeps its address by an IPAddress",
)
_RANGES = _Ranges(
    columns=RANGES, status_keeps=OBJECT_METADATA, idle="no service gets an address of a ServiceCIDR"
)
KINDS = (
    Kind(
        _GROUP,
        "v1",
        "ingressclasses",
        "IngressClass",
        False,
        generation=True,
        strategy=_INGRESS_CLASSES,
    ),
    Kind(_GROUP, "v1", "ingresses", "Ingress", True, ("ing",), True, True, strategy=_INGRESSES),
    Kind(_GROUP, "v1", "ipaddresses", "IPAddress", False, ("ip",), strategy=_ADDRESSES),
    Kind(
        _GROUP, "v1", "networkpolicies", "NetworkPolicy", True, ("netpol",), False, True, strategy=_POLICIES
    ),
    Kind(_GROUP, "v1", "servicecidrs", "ServiceCIDR", False, status=True, strategy=_RANGES),
)
