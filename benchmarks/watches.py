"""What idle watches cost and how fast they hear: memory of the API server with so many of them, and how long one event
takes to the last.

`python benchmarks/watches.py [WATCHES]`; 5,000 where nothing is said, and only then benchmarks/results.md is written.
"""

from __future__ import annotations

import asyncio
import os
import resource
import ssl
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.readiness import Endpoint, server
from drakkar.cluster.running import free_port

_USUAL = 5_000
_AT_ONCE = 20
_EVENTS = 5
_SECONDS = 5
_FILES = 200
MAPS = "/api/v1/namespaces/default/configmaps"


class Lab:
    """A `drakkar apiserver` of its own, on a directory that goes again."""

    def __init__(self, path: Path) -> None:
        self.authority = Authority(path / "pki")
        self.admin = self.authority.issue("admin", Identity("admin", ("system:masters",)))
        serving = self.authority.issue("server", Identity("server", hosts=("127.0.0.1",)))
        accounts = self.authority.issue("accounts", Identity("accounts"))
        self.port = free_port()
        self.command = [
            *(sys.executable, "-m", "drakkar", "apiserver", f"--data-dir={path / 'data'}"),
            f"--secure-port={self.port}",
            f"--client-ca-file={self.authority.pair.certificate}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--service-account-signing-key-file={accounts.key}",
        ]
        self.url = f"https://127.0.0.1:{self.port}"
        self.process: asyncio.subprocess.Process | None = None

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.pair.certificate))
        context.load_cert_chain(self.admin.certificate, self.admin.key)
        return context

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(*self.command)
        await server(Endpoint(self.port, self.authority.pair.certificate, self.admin), 60)

    async def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            await self.process.wait()

    def _stat(self) -> Path:
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}")

    def memory(self) -> int:
        """What it has in memory, in bytes."""
        return int((self._stat() / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu(self) -> float:
        """The seconds of processor time it has had."""
        fields = (self._stat() / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Watcher(asyncio.Protocol):
    """One watch, as lean as can be: only when it last heard is kept."""

    def __init__(self, revision: int) -> None:
        self._revision = revision
        self.begun = asyncio.get_running_loop().create_future()
        self.heard = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        query = f"watch=1&resourceVersion={self._revision}"
        transport.write(f"GET {MAPS}?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        if not self.begun.done():
            self.begun.set_result(None)
        elif not self.heard.done():
            self.heard.set_result(time.perf_counter())


async def measure(lab: Lab, count: int) -> tuple[float, float, list[float], float]:
    """Bytes a watch, bytes over the base in all, seconds to the last watch of each event, bytes left afterwards."""
    tls, places = lab.context(), asyncio.Semaphore(_AT_ONCE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
        async with session.get(lab.url + MAPS) as answer:
            revision = int((await answer.json())["metadata"]["resourceVersion"])
        base = lab.memory()

        async def one() -> Watcher:
            async with places:
                loop = asyncio.get_running_loop()
                _, watcher = await loop.create_connection(
                    lambda: Watcher(revision), "127.0.0.1", lab.port, ssl=tls
                )
                await watcher.begun
                return watcher

        watchers = await asyncio.gather(*[one() for _ in range(count)])
        held = lab.memory() - base
        lasts = [await _event(lab, session, watchers) for _ in range(_EVENTS)]
        for watcher in watchers:
            if watcher.transport is not None:
                watcher.transport.abort()
        left = lab.memory() - base
        # The server looks once a second whether a crowd has gone.
        for _ in range(_SECONDS):
            await asyncio.sleep(1)
            left = min(left, lab.memory() - base)
        return held / count, held, lasts, left


async def _event(lab: Lab, session: aiohttp.ClientSession, watchers: list[Watcher]) -> float:
    for watcher in watchers:
        watcher.heard = asyncio.get_running_loop().create_future()
    began = time.perf_counter()
    async with session.post(
        lab.url + MAPS, json={"metadata": {"generateName": "e"}, "data": {"k": "v"}}
    ) as answer:
        assert answer.status == 201
    return float(max(await asyncio.gather(*[watcher.heard for watcher in watchers])) - began)


async def measured(count: int) -> list[str]:
    """Measure and print; the lines of a section."""
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (count + _FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    )
    # What the watchers themselves read into; asyncio would take a quarter of a megabyte for each.
    asyncio.sslproto.SSLProtocol.max_size = 16 * 1024  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as path:
        lab = Lab(Path(path))
        try:
            await lab.start()
            each, held, lasts, left = await measure(lab, count)
        finally:
            await lab.stop()
    lines = [
        f"{count:,} idle watches: {each / 1000:.1f} kB each, {held / 1e6:.0f} MB over the base;"
        f" {left / 1e6:.0f} MB after they went.",
        f"An event reaches the last of them in {sorted(lasts)[len(lasts) // 2]:.2f} s (median of {len(lasts)}).",
    ]
    print("\n".join(lines))
    return lines


def main(count: int) -> None:
    """Measure, and write where it is the usual number."""
    # Here, since tests import this file for its `Lab`, from elsewhere.
    import sections

    began = sections.circumstances()
    lines = asyncio.run(measured(count))
    if count == _USUAL:
        sections.write("idle watches", "Idle watches", began, lines)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _USUAL)
