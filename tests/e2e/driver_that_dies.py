"""A driver with one device that ends in the middle of its first prepare, as a crash would; for a test.

Arguments: kubeconfig, node name, registry directory, data directory, a file that remembers the crash.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from drakkar.client import Client
from drakkar.driver import Plugin
from drakkar.driver.publish.slice_diff import Pool
from drakkar.driver.types import AllocatedClaim, ClaimRef, PrepareResult


class Fragile:
    def __init__(self, crashed: Path) -> None:
        self._crashed = crashed

    async def prepare(self, claims: Sequence[AllocatedClaim]) -> dict[str, PrepareResult]:
        if not self._crashed.exists():
            self._crashed.touch()
            os._exit(7)
        return {
            claim.uid: PrepareResult(tuple(device.prepared() for device in claim.devices)) for claim in claims
        }

    async def unprepare(self, claims: Sequence[ClaimRef]) -> dict[str, str | None]:
        return {claim.uid: None for claim in claims}


async def main(kubeconfig: str, node: str, registry: str, data: str, crashed: str) -> None:
    async with Client.from_kubeconfig(kubeconfig) as client:
        plugin = Plugin(
            Fragile(Path(crashed)),
            "fragile.example.com",
            client,
            node,
            registry_directory=Path(registry),
            data_directory=Path(data),
        )
        async with plugin:
            await plugin.publish({"pool": Pool(slices=({"devices": [{"name": "only"}]},))})
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
