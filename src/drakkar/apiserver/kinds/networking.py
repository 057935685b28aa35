"""The kinds of the group networking.k8s.io: what may come in, and who may speak with whom."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Facts, Strategy
from drakkar.apiserver.tables import traffic
from drakkar.apiserver.tables.ranges import ADDRESSES, RANGES
from drakkar.validation.field_error import FieldError
from drakkar.validation.network import ingress
from drakkar.validation.network.ingress_class import ingress_class_changes, ingress_class_problems
from drakkar.validation.network.policy import network_policy_problems, network_policy_warnings
from drakkar.validation.object_meta import Rules
from drakkar.validation.service_range import (
    address_name,
    address_problems,
    range_change_problems,
    range_problems,
)

_GROUP = "networking.k8s.io"


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


def _ingress(obj: Object) -> None:
    obj.setdefault("status", {}).setdefault("loadBalancer", {})


_INGRESSES = Strategy(
    columns=traffic.INGRESSES,
    default=_ingress,
    rules=ingress.ingress_problems,
    creation=ingress.ingress_creation_problems,
    warns=ingress.ingress_warnings,
    status_changes=ingress.ingress_status_problems,
    idle="nothing routes requests by an Ingress",
)
_INGRESS_CLASSES = Strategy(
    columns=traffic.INGRESS_CLASSES,
    default=_ingress_class,
    rules=ingress_class_problems,
    changes=ingress_class_changes,
    idle="nothing routes requests by an IngressClass",
)
_POLICIES = Strategy(
    columns=traffic.POLICIES,
    default=_network_policy,
    rules=network_policy_problems,
    warns=network_policy_warnings,
    idle="no traffic is kept away by a NetworkPolicy",
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
