"""A cluster of controllers and nothing else: the tests play the scheduler and the kubelet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from drakkar.client.resources import NAMESPACES, NODES
from drakkar.controllers import run
from drakkar.testing import MemoryApi

NS = "lab"


@pytest.fixture
async def cluster() -> AsyncIterator[MemoryApi]:
    """A running set of controllers with the namespace `lab` and the node `w1`."""
    client = MemoryApi()
    await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NS}})
    await client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w1"}})
    stop = asyncio.Event()
    task = asyncio.create_task(run(client, stop, b"PEM"))
    # Without its account a namespace takes no pods.
    await client.until(lambda: client.find("serviceaccounts", "default", NS))
    yield client
    stop.set()
    async with asyncio.timeout(5):
        await task
    await client.aclose()
