"""A claim as the server stores it: what the scheduler's writes look at, and what they make of it."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from drakkar.api.held_devices import held_devices
from drakkar.api.object import Object, ObjectKey, Uid, key_of
from drakkar.api.resource import AllocationResult, ResourceClaimConsumerReference, encode
from drakkar.api.time import time_or_none

FINALIZER = "resource.kubernetes.io/delete-protection"
# Says at which version a claim was when a write of unknown outcome was made void; the value is of no other use.
SETTLED = "drakkar.dev/settled-at"


class StoredClaim:
    """Never changed: what is to be written is another one, which carries all that this program does not know.

    It also stands for claims of which not everything can be read, and says of them what can be told.
    """

    __slots__ = ("obj",)

    def __init__(self, obj: Object) -> None:
        self.obj = obj

    @property
    def key(self) -> ObjectKey:
        """What names it."""
        return key_of(self.obj)

    @property
    def label(self) -> str:
        """`namespace/name`, for people."""
        return "/".join(self.key)

    @property
    def uid(self) -> Uid:
        """Empty where it has none."""
        return Uid(str(self.obj["metadata"].get("uid") or ""))

    @property
    def version(self) -> str:
        """Which state of it this is."""
        return str(self.obj["metadata"].get("resourceVersion") or "")

    @property
    def is_stored(self) -> bool:
        """Whether a server has given it a version, so that its uid is its own."""
        return bool(self.version)

    @property
    def is_deleting(self) -> bool:
        """Whether it is to go."""
        return bool(self.obj["metadata"].get("deletionTimestamp"))

    @property
    def is_allocated(self) -> bool:
        """Whether it has an allocation, readable or not."""
        return self._status.get("allocation") is not None

    @property
    def is_protected(self) -> bool:
        """Whether it has the finalizer that goes before an allocation."""
        return FINALIZER in self._finalizers

    @property
    def is_protected_only(self) -> bool:
        """Whether it is protected and has no allocation: one may be on its way, from this scheduler or one that is gone."""
        return self.is_protected and not self.is_allocated

    @property
    def users(self) -> list[Uid]:
        """The uids of those for whom it is reserved, one an entry."""
        return [Uid(str(entry.get("uid") or "")) for entry in self._reserved]

    @property
    def devices(self) -> list[Object]:
        """What drivers say of its devices."""
        return [one for one in self._status.get("devices") or [] if isinstance(one, dict)]

    @property
    def allocated_at(self) -> datetime | None:
        """When its devices were found, where that is told."""
        allocation = self._status.get("allocation")
        return time_or_none(allocation.get("allocationTimestamp")) if isinstance(allocation, dict) else None

    def has(self, allocation: AllocationResult) -> bool:
        """Whether its allocation is of the same devices for the same requests; the server adds to what it stores."""
        held = held_devices(self.obj)
        return held is not None and _devices(held) == _devices(allocation)

    def protected(self) -> StoredClaim:
        """With the finalizer."""
        return self._with(metadata={"finalizers": [*self._finalizers, FINALIZER]})

    def unprotected(self) -> StoredClaim:
        """Without the finalizer."""
        return self._with(metadata={"finalizers": [one for one in self._finalizers if one != FINALIZER]})

    def new(self) -> StoredClaim:
        """As it is to be created: the server gives it its uid."""
        return self._with(metadata={"uid": None})

    def reserved(
        self, allocation: AllocationResult | None, user: ResourceClaimConsumerReference, at: str = ""
    ) -> StoredClaim:
        """With the allocation, if there is a new one, and with this user; `at` says when that was found. One that is stored
        without a time stays so: no server lets it be changed.
        """
        status: Object = {} if allocation is None else {"allocation": encode(allocation)}
        if at and allocation is not None and allocation.allocation_timestamp is None:
            status["allocation"]["allocationTimestamp"] = at
        if user.uid not in self.users:
            status["reservedFor"] = [*self._reserved, encode(user)]
        return self._with(status=status)

    def without(self, user: Uid, deallocate: bool) -> StoredClaim | None:
        """Without what the user has of it, and with `deallocate` without its allocation if then nobody uses it; None if that is
        what it is."""
        kept = [entry for entry in self._reserved if entry.get("uid") != user]
        if deallocate and not kept and self.is_allocated:
            return self.freed()
        if len(kept) == len(self._reserved):
            return None
        return self._with(status={"reservedFor": kept or None})

    def freed(self) -> StoredClaim:
        """As it is once nobody has it."""
        gone = dict.fromkeys(("allocation", "reservedFor", "devices"))
        return self._with(status=gone) if self._status else self

    def void(self) -> StoredClaim:
        """With a change that means nothing, so that whatever was to replace this version of it conflicts."""
        if self.is_protected_only:
            return self.unprotected()
        annotations = self.obj["metadata"].get("annotations") or {}
        return self._with(metadata={"annotations": {**annotations, SETTLED: self.version}})

    @property
    def _status(self) -> Object:
        status: Object = self.obj.get("status") or {}
        return status

    @property
    def _reserved(self) -> list[Object]:
        return self._status.get("reservedFor") or []

    @property
    def _finalizers(self) -> list[str]:
        return self.obj["metadata"].get("finalizers") or []

    def _with(self, **parts: dict[str, Any]) -> StoredClaim:
        """With other fields in some parts; None takes one out."""
        changed = copy.deepcopy(self.obj)
        for part, fields in parts.items():
            merged = {**(changed.get(part) or {}), **fields}
            changed[part] = {
                name: value for name, value in merged.items() if fields.get(name, value) is not None
            }
        return StoredClaim(changed)


def _devices(allocation: AllocationResult) -> list[tuple[str | None, ...]]:
    return [
        (one.request, one.driver, one.pool, one.device, one.share_id) for one in allocation.devices.results
    ]
