"""Defaults of the DRA kinds (dra-semantics 1.3.15, 1.5.4, 1.8.2)."""

from __future__ import annotations

from drakkar.api.object import Object


def _request(request: Object) -> None:
    request.setdefault("allocationMode", "ExactCount")
    if request["allocationMode"] == "ExactCount" and not request.get("count"):
        request["count"] = 1
    for toleration in request.get("tolerations") or ():
        toleration.setdefault("operator", "Equal")


def _claim_spec(spec: Object) -> None:
    for request in (spec.get("devices") or {}).get("requests") or ():
        if request.get("exactly") is not None:
            _request(request["exactly"])
        for alternative in request.get("firstAvailable") or ():
            _request(alternative)


def claim(obj: Object) -> None:
    """Fill a ResourceClaim in place."""
    _claim_spec(obj.setdefault("spec", {}))


def claim_template(obj: Object) -> None:
    """Fill a ResourceClaimTemplate in place."""
    spec = obj.setdefault("spec", {})
    # What Go holds by value is there even when nothing was said of it.
    spec.setdefault("metadata", {})
    _claim_spec(spec.setdefault("spec", {}))


def slice_taints(obj: Object, old: Object | None, now: str) -> None:
    """Date the taints of a ResourceSlice that have no date, in place, whatever they were in the `old` one."""
    for device in (obj.get("spec") or {}).get("devices") or ():
        for taint in device.get("taints") or ():
            taint.setdefault("timeAdded", now)


def rule_taint(obj: Object, old: Object | None, now: str) -> None:
    """Date the taint of a DeviceTaintRule in place; another effect with the old date is dated anew."""
    taint = (obj.get("spec") or {}).get("taint")
    if taint is None:
        return
    before = ((old or {}).get("spec") or {}).get("taint") or {}
    if taint.get("effect") != before.get("effect") and taint.get("timeAdded") == before.get("timeAdded"):
        taint.pop("timeAdded", None)
    taint.setdefault("timeAdded", now)
