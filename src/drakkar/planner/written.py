"""Makes of an object as a user wrote it the one that an API server would have stored: defaults, and quantities as text."""

from __future__ import annotations

from typing import Any

from drakkar.planner.source import Object

_AMOUNTS = frozenset({"capacity", "counters", "allocatable", "requests", "limits", "overhead"})


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def normal(value: Any) -> Any:
    """A copy without nulls, which mean the same as nothing, and with amounts written as numbers (`cpu: 4`) as text."""
    if isinstance(value, dict):
        return {
            key: _texts(normal(inner)) if key in _AMOUNTS and isinstance(inner, dict) else normal(inner)
            for key, inner in value.items()
            if inner is not None
        }
    if isinstance(value, list):
        return [normal(inner) for inner in value]
    return value


def _request(request: Object) -> Object:
    filled = {**request}
    filled["allocationMode"] = filled.get("allocationMode") or "ExactCount"
    if filled["allocationMode"] == "ExactCount" and not filled.get("count"):
        filled["count"] = 1
    if filled.get("tolerations"):
        filled["tolerations"] = [
            {**t, "operator": t.get("operator") or "Equal"} for t in filled["tolerations"]
        ]
    return filled


def claim_spec(spec: Object) -> Object:
    """A copy of a ResourceClaim's spec with its defaults (dra-semantics 1.5.4)."""
    devices = spec.get("devices") or {}
    requests = []
    for request in devices.get("requests") or ():
        filled = {**request}
        if filled.get("exactly") is not None:
            filled["exactly"] = _request(filled["exactly"])
        if filled.get("firstAvailable"):
            filled["firstAvailable"] = [_request(alternative) for alternative in filled["firstAvailable"]]
        requests.append(filled)
    return {**spec, "devices": {**devices, "requests": requests}} if requests else spec


def with_defaults(obj: Object) -> Object:
    """A copy of an object of a DRA kind with its defaults; other kinds have none that the planner goes by."""
    if obj["kind"] == "ResourceClaim":
        return {**obj, "spec": claim_spec(obj.get("spec") or {})}
    if obj["kind"] == "ResourceClaimTemplate":
        spec = obj.get("spec") or {}
        return {**obj, "spec": {**spec, "spec": claim_spec(spec.get("spec") or {})}}
    return obj
