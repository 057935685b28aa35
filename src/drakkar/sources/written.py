"""Makes of an object as a user wrote it the one that an API server would have stored: defaults, and quantities as text."""

from __future__ import annotations

from typing import Any

from drakkar.sources.source import Object

_AMOUNTS = frozenset({"capacity", "counters", "allocatable", "requests", "limits", "overhead"})
_WALKED = frozenset({dict, list})
_NUMBERS = frozenset({int, float})


def normal(value: Any, amounts: bool = False) -> Any:
    """The value without nulls, which mean the same as nothing, and with amounts written as numbers (`cpu: 4`) as text; itself
    where there is nothing to change.

    `amounts` says that numbers in here are amounts.
    """
    kind = type(value)
    if kind is dict:
        changed: dict[str, Any] = {}
        drops = False
        for key, inner in value.items():
            if inner is None:
                drops = True
            elif type(inner) in _WALKED:
                now = normal(inner, amounts or (key in _AMOUNTS and type(inner) is dict))
                if now is not inner:
                    changed[key] = now
            elif amounts and type(inner) in _NUMBERS:
                changed[key] = str(inner)
        if not changed and not drops:
            return value
        return {key: changed.get(key, inner) for key, inner in value.items() if inner is not None}
    if kind is list:
        made = [normal(inner, amounts) for inner in value]
        return made if any(now is not inner for now, inner in zip(made, value, strict=True)) else value
    return str(value) if amounts and kind in _NUMBERS else value


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
