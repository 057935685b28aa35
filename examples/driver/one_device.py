"""A DRA driver with one device, which tells containers its name in an environment variable.

Run it beside a node: python one_device.py KUBECONFIG NODE KUBELET_DIRECTORY CDI_DIRECTORY
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from drakkar.client import Client
from drakkar.driver import (
    AllocatedClaim,
    CdiDevice,
    CdiDirectory,
    ClaimRef,
    ContainerEdits,
    Plugin,
    Pool,
    PrepareResult,
)

NAME = "one.example.com"
CDI_ID = f"{NAME}/thing=only"


class OneDevice:
    async def prepare(self, claims: Sequence[AllocatedClaim]) -> dict[str, PrepareResult]:
        return {
            claim.uid: PrepareResult(tuple(device.prepared(CDI_ID) for device in claim.devices))
            for claim in claims
        }

    async def unprepare(self, claims: Sequence[ClaimRef]) -> dict[str, str | None]:
        return {claim.uid: None for claim in claims}


async def main(kubeconfig: str, node: str, kubelet: str, cdi: str) -> None:
    thing = CdiDevice("only", ContainerEdits(env=("THING=only",)))
    CdiDirectory(Path(cdi)).write(f"{NAME}/thing", "static", [thing])
    async with Client.from_kubeconfig(kubeconfig) as client:
        plugin = Plugin(
            OneDevice(),
            NAME,
            client,
            node,
            registry_directory=Path(kubelet, "plugins_registry"),
            data_directory=Path(kubelet, "plugins", NAME),
        )
        async with plugin:
            await plugin.publish({"pool": Pool(slices=({"devices": [{"name": "only"}]},))})
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
