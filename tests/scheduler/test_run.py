"""The scheduler as a whole process runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from drakkar.client import Client
from drakkar.scheduler.run import run


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
