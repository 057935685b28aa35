"""A cluster of controllers and nothing else: the tests play the scheduler and the kubelet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drakkar.client.resources import NAMESPACES, NODES
from drakkar.controllers import run

from .fake_client import FakeClient

NS = "lab"


@pytest.fixture
async def cluster() -> AsyncIterator[FakeClient]:
    """A running set of controllers with the namespace `lab` and the node `w1`."""
    client: Any = FakeClient()
    await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NS}})
    await client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w1"}})
    stop = asyncio.Event()
    task = asyncio.create_task(run(client, stop, b"PEM"))
    yield client
    stop.set()
    async with asyncio.timeout(5):
        await task
