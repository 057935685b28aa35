"""Services: their defaults, and what they must look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.kinds.strategy import Strategy, selectable
from drakkar.apiserver.tables.network import SERVICES
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_error import shown as quoted
from drakkar.validation.object_meta import Rules

_TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]


def _default(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        client = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        client.setdefault("timeoutSeconds", 10800)
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    obj.setdefault("status", {}).setdefault("loadBalancer", {})


def _rules(obj: Object) -> Iterator[FieldError]:
    spec = obj.get("spec") or {}
    if spec.get("type") not in _TYPES:
        yield FieldError.unsupported("spec.type", str(spec.get("type")), _TYPES)
    if spec.get("type") == "ExternalName":
        if not spec.get("externalName"):
            yield FieldError.required("spec.externalName")
        return
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None":
        yield FieldError.required("spec.ports")
    seen: set[tuple[Any, Any]] = set()
    for at, port in enumerate(ports):
        field = f"spec.ports[{at}]"
        if not 0 < (port.get("port") or 0) < 65536:
            said = "must be between 1 and 65535, inclusive"
            yield FieldError.invalid(f"{field}.port", str(port.get("port") or 0), said)
        if len(ports) > 1 and not port.get("name"):
            yield FieldError.required(f"{field}.name")
        key = (port.get("protocol"), port.get("port"))
        if key in seen:
            yield FieldError("FieldValueDuplicate", f"Duplicate value: {quoted(port)}", field)
        seen.add(key)


def _changes(old: Object, new: Object) -> list[FieldError]:
    held, wanted = (obj["spec"].get("clusterIP") for obj in (old, new))
    if new["spec"].get("type") == "ExternalName" or not held or wanted == held:
        return []
    return [FieldError.invalid("spec.clusterIPs[0]", f'["{wanted}"]', "field is immutable")]


STRATEGY = Strategy(
    columns=SERVICES,
    default=_default,
    rules=_rules,
    changes=_changes,
    metadata=Rules(formats.dns_label),
    fields=selectable("spec.clusterIP", "spec.type"),
    made_by_put=True,
)
