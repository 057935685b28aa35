"""What drivers are asked for claims, and whether their answers are about these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from drakkar.api.object import Uid
from drakkar.driver.allocation import DeviceKey
from drakkar.kubelet.devices.claim_checkpoint import ClaimInfo, PreparedDevice
from drakkar.kubelet.devices.dra_plugin import CallError, DraPlugin, NamedClaim
from drakkar.kubelet.devices.usable_claim import PrepareError


async def prepare(plugin: DraPlugin, batch: Sequence[ClaimInfo]) -> dict[Uid, list[PreparedDevice]]:
    """Have claims prepared; by UID, their devices. PrepareError where any of them was not, or the answer is of others."""
    try:
        response = await plugin.prepare(_named(batch))
    except CallError as error:
        raise PrepareError(str(error)) from error
    _check("NodePrepareResources", response, batch)
    return {
        Uid(uid): [_device(device) for device in result.devices] for uid, result in response.claims.items()
    }


async def unprepare(plugin: DraPlugin, batch: Sequence[ClaimInfo]) -> None:
    """Have that undone; PrepareError where for any of them it was not."""
    try:
        response = await plugin.unprepare(_named(batch))
    except CallError as error:
        raise PrepareError(str(error)) from error
    _check("NodeUnprepareResources", response, batch)


def strange(answered: Iterable[PreparedDevice], given: frozenset[DeviceKey]) -> str:
    """A device that was answered for a claim and not `given` to it; "" where there is none."""
    own = (
        f"{one.pool}/{one.device}" for one in answered if one.device and (one.pool, one.device) not in given
    )
    return next(own, "")


def _named(batch: Iterable[ClaimInfo]) -> list[NamedClaim]:
    return [NamedClaim(info.namespace, info.name, info.uid) for info in batch]


def _check(call: str, response: Any, batch: Iterable[ClaimInfo]) -> None:
    names = {info.uid: info.name for info in batch}
    for uid, result in response.claims.items():
        if uid not in names:
            raise PrepareError(f"{call} returned result for unknown claim UID {uid}")
        if result.error:
            raise PrepareError(f"{call} failed for ResourceClaim {names[uid]}: {result.error}")
    if len(response.claims) < len(names):
        raise PrepareError(f"{call} skipped {len(names) - len(response.claims)} ResourceClaims")


def _device(device: Any) -> PreparedDevice:
    return PreparedDevice(
        device.pool_name,
        device.device_name,
        tuple(device.request_names),
        tuple(device.cdi_device_ids),
        getattr(device, "share_id", "") or None,
    )
