"""The server in memory that webhooks are asked by."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from drakkar.testing import MemoryApi


@pytest.fixture
async def api() -> AsyncIterator[MemoryApi]:
    made = MemoryApi()
    yield made
    await made.aclose()
