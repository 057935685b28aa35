"""What may be written to a ResourceClaim's status (dra-semantics 1.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drakkar.apiserver.errors import Cause

Object = dict[str, Any]

_MAX_RESERVATIONS = 256
_DEVICE_KEY = ("driver", "pool", "device", "shareID")


def _request_names(spec: Object) -> Iterator[str]:
    for request in (spec.get("devices") or {}).get("requests") or ():
        alternatives = request.get("firstAvailable") or ()
        if alternatives:
            yield from (f"{request['name']}/{one.get('name', '')}" for one in alternatives)
        else:
            yield request["name"]


def _key(device: Object) -> tuple[str, ...]:
    return tuple(str(device.get(field) or "") for field in _DEVICE_KEY)


def _results(status: Object) -> list[Object]:
    found: list[Object] = ((status.get("allocation") or {}).get("devices") or {}).get("results") or []
    return found


def drop_released_devices(old: Object, new: Object) -> None:
    """Take out of the new status, in place, what it says about devices that this very write deallocates."""
    devices = new.get("devices")
    if not devices:
        return
    released = {_key(r) for r in _results(old)} - {_key(r) for r in _results(new)}
    left = [device for device in devices if _key(device) not in released]
    if left:
        new["devices"] = left
    else:
        del new["devices"]


def status_problems(claim: Object, old: Object, new: Object) -> list[Cause]:
    """What is wrong with replacing the status `old` of a claim by `new`."""
    found: list[Cause] = []
    before, after = old.get("allocation"), new.get("allocation")
    if before and after and before != after:
        found.append(Cause.invalid("status.allocation", "null", "field is immutable once set"))
    elif after:
        found += _allocation_problems(claim, after)
    found += _reservation_problems(claim, old, new)
    allocated = {_key(result) for result in _results(new)}
    seen: set[tuple[str, ...]] = set()
    for at, device in enumerate(new.get("devices") or ()):
        field, key = f"status.devices[{at}]", _key(device)
        if key in seen:
            found.append(Cause("FieldValueDuplicate", f"Duplicate value: {key}", field))
        elif key not in allocated:
            found.append(Cause.invalid(field, str(key), "must be an allocated device in the claim"))
        seen.add(key)
    return found


def _allocation_problems(claim: Object, allocation: Object) -> list[Cause]:
    found: list[Cause] = []
    names = set(_request_names(claim.get("spec") or {}))
    devices = allocation.get("devices") or {}
    for at, result in enumerate(devices.get("results") or ()):
        field = f"status.allocation.devices.results[{at}]"
        for required in ("request", "driver", "pool", "device"):
            if not result.get(required):
                found.append(Cause.required(f"{field}.{required}"))
        if result.get("request") and result["request"] not in names:
            said = "must be the name of a request in the claim or the name of a request and a subrequest"
            found.append(Cause.invalid(f"{field}.request", f'"{result["request"]}"', said))
    parents = names | {name.split("/")[0] for name in names}
    for at, config in enumerate(devices.get("config") or ()):
        field = f"status.allocation.devices.config[{at}]"
        if config.get("source") not in ("FromClass", "FromClaim"):
            found.append(
                Cause.unsupported(
                    f"{field}.source", str(config.get("source", "")), ["FromClaim", "FromClass"]
                )
            )
        for number, name in enumerate(config.get("requests") or ()):
            if name not in parents:
                said = "must be the name of a request in the claim or the name of a request and a subrequest"
                found.append(Cause.invalid(f"{field}.requests[{number}]", f'"{name}"', said))
    return found


def _reservation_problems(claim: Object, old: Object, new: Object) -> list[Cause]:
    found: list[Cause] = []
    field = "status.reservedFor"
    entries: list[Object] = new.get("reservedFor") or []
    if entries and not new.get("allocation"):
        found.append(Cause.forbidden(field, "may not be specified when `allocated` is not set"))
    if len(entries) > _MAX_RESERVATIONS:
        message = f"Too many: {len(entries)}: must have at most {_MAX_RESERVATIONS} items"
        found.append(Cause("FieldValueTooMany", message, field))
    seen: set[str] = set()
    before = {entry.get("uid") for entry in old.get("reservedFor") or ()}
    for at, entry in enumerate(entries):
        for required in ("resource", "name", "uid"):
            if not entry.get(required):
                found.append(Cause.required(f"{field}[{at}].{required}"))
        uid = str(entry.get("uid", ""))
        if uid in seen:
            found.append(Cause("FieldValueDuplicate", f'Duplicate value: "{uid}"', f"{field}[{at}].uid"))
        seen.add(uid)
    if "deletionTimestamp" in claim["metadata"] and seen - before:
        found.append(Cause.forbidden(field, "new entries may not be added while `deletionTimestamp` is set"))
    return found
