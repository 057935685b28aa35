"""The scheduler as a whole process runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client
from drakkar.client.errors import ForbiddenError
from drakkar.scheduler.run import run
from drakkar.testing import MemoryApi

from .bench import node
from .test_preemption import wanting


@asynccontextmanager
async def _silence(path: Path) -> AsyncIterator[asyncio.Event]:
    """A server that takes connections and never answers."""
    held: list[asyncio.StreamWriter] = []
    asked = asyncio.Event()

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        asked.set()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    path.write_text(
        f"""{{apiVersion: v1, kind: Config, current-context: c,
 clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:{port}"}}}}],
 contexts: [{{name: c, context: {{cluster: c, user: u}}}}], users: [{{name: u, user: {{}}}}]}}"""
    )
    try:
        yield asked
    finally:
        for writer in held:
            writer.close()
        server.close()
        await server.wait_closed()


async def test_it_ends_when_told_while_no_server_answers(tmp_path: Path) -> None:
    config = tmp_path / "config"
    stop = asyncio.Event()
    async with _silence(config) as asked, Client.from_kubeconfig(config) as client:
        running = asyncio.create_task(run(client, stop))
        await asyncio.wait_for(asked.wait(), 10)
        stop.set()
        await asyncio.wait_for(running, 10)


@pytest.mark.parametrize("readable", [True, False])
async def test_budgets_are_minded_where_they_may_be_read(
    readable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = MemoryApi()
    ask = api.request

    async def request(method: str, path: str, *given: Any, **named: Any) -> Any:
        if path.endswith("/poddisruptionbudgets") and not readable:
            raise ForbiddenError(403, "Forbidden", "not for you")
        return await ask(method, path, *given, **named)

    monkeypatch.setattr(api, "request", request)
    api.put("nodes", node("n1"))
    budget = {
        "metadata": {"name": "kept", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "kept"}}},
        "status": {"disruptionsAllowed": 0},
    }
    api.put("poddisruptionbudgets", budget)
    for name, priority in (("kept", 0), ("other", 5)):
        made = wanting(name, "2", priority, nodeName="n1")
        made["metadata"]["labels"] = {"app": name}
        api.put("pods", made)
    api.put("pods", wanting("high", "2"))
    stop = asyncio.Event()
    running = asyncio.create_task(run(api, stop))

    def gone() -> str:
        pods = api.all("pods")
        return "".join(one["metadata"]["name"] for one in pods if one["metadata"].get("deletionTimestamp"))

    try:
        assert await api.until(gone) == ("other" if readable else "kept")
    finally:
        stop.set()
        await asyncio.wait_for(running, 10)
