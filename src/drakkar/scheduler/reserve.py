"""Writing claims for a pod: allocation and reservation, taking a reservation back, and freeing an unused allocation."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from drakkar.client import Client, Conflict, NotFound
from drakkar.client.resources import RESOURCECLAIMS

from .dra import allocation_of, label, reserved_for

Object = dict[str, Any]

FINALIZER = "resource.kubernetes.io/delete-protection"
CONFLICT_ATTEMPTS = 10


class ClaimError(Exception):
    """Writing a claim failed in a way that another scheduling attempt may get past."""


async def reserve_claim(
    client: Client, claim: Object, allocation: Object | None, pod: Mapping[str, Any]
) -> Object:
    """Store the allocation (if one was found) and the pod's reservation; returns the claim as stored."""
    namespace, name = claim["metadata"].get("namespace"), claim["metadata"]["name"]
    current = copy.deepcopy(claim)
    for attempt in range(CONFLICT_ATTEMPTS):
        if attempt:
            try:
                current = await client.get(RESOURCECLAIMS, name, namespace)
            except NotFound:
                raise ClaimError(f"claim {label(claim)} got deleted in the meantime") from None
        meta = current["metadata"]
        if meta.get("deletionTimestamp") or meta.get("uid") != claim["metadata"].get("uid"):
            raise ClaimError(f"claim {label(claim)} got deleted in the meantime")
        if allocation is not None and allocation_of(current) is not None:
            raise ClaimError(f"claim {label(claim)} got allocated elsewhere in the meantime")
        if allocation is None and allocation_of(current) is None:
            raise ClaimError(f"claim {label(claim)} got deallocated elsewhere in the meantime")
        if allocation is None and reserved_for(current, pod):
            return current
        try:
            # The finalizer goes first: a claim must never hold devices without being protected from deletion.
            if allocation is not None and FINALIZER not in (meta.get("finalizers") or []):
                meta["finalizers"] = [*(meta.get("finalizers") or []), FINALIZER]
                current = await client.update(RESOURCECLAIMS, current)
            changed = copy.deepcopy(current)
            status = changed.setdefault("status", {})
            if allocation is not None:
                status["allocation"] = allocation
            if not reserved_for(changed, pod):
                consumer = {
                    "resource": "pods",
                    "name": pod["metadata"]["name"],
                    "uid": pod["metadata"]["uid"],
                }
                status["reservedFor"] = [*(status.get("reservedFor") or []), consumer]
            return await client.update(RESOURCECLAIMS, changed, subresource="status")
        except Conflict:
            continue
        except NotFound:
            raise ClaimError(f"claim {label(claim)} got deleted in the meantime") from None
    raise ClaimError(f"claim {label(claim)}: still conflicting after {CONFLICT_ATTEMPTS} attempts")


async def unreserve_claim(client: Client, claim: Object, pod: Mapping[str, Any]) -> None:
    """Take back the pod's reservation; the allocation stays for the next attempt."""
    body = {
        "metadata": {"uid": claim["metadata"].get("uid")},
        "status": {"reservedFor": [{"$patch": "delete", "uid": pod["metadata"]["uid"]}]},
    }
    meta = claim["metadata"]
    try:
        await client.patch(
            RESOURCECLAIMS,
            meta["name"],
            body,
            namespace=meta.get("namespace"),
            kind="strategic",
            subresource="status",
        )
    except (NotFound, Conflict):
        return


async def deallocate_one(client: Client, claims: list[Object], pod: Mapping[str, Any]) -> str:
    """Free the first claim that nobody else uses, so that the next attempt can allocate it for another node."""
    for claim in claims:
        entries = (claim.get("status") or {}).get("reservedFor") or []
        if entries and not (len(entries) == 1 and reserved_for(claim, pod)):
            continue
        changed = copy.deepcopy(claim)
        for name in ("allocation", "reservedFor", "devices"):
            changed["status"].pop(name, None)
        try:
            await client.update(RESOURCECLAIMS, changed, subresource="status")
        except (Conflict, NotFound):
            continue
        return "deallocation of ResourceClaim completed"
    return ""
