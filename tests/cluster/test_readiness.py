from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path

import pytest

from drakkar.cluster import readiness
from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.errors import NotReadyError


async def _serve(
    tmp_path: Path, answers: list[tuple[int, bytes]]
) -> tuple[asyncio.Server, readiness.Endpoint]:
    authority = Authority(tmp_path)
    pair = authority.issue("server", Identity("server", hosts=("127.0.0.1",)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.pair.certificate)
    context.verify_mode = ssl.CERT_REQUIRED

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    client = authority.issue("client", Identity("admin"))
    return listening, readiness.Endpoint(port, authority.pair.certificate, client)


async def test_waits_for_the_server_and_then_for_every_node(tmp_path: Path) -> None:
    def nodes(*ready: bool) -> bytes:
        items = [
            {
                "metadata": {"name": f"n{index}"},
                "status": {"conditions": [{"type": "Ready", "status": str(value)}]},
            }
            for index, value in enumerate(ready)
        ]
        return json.dumps({"items": items}).encode()

    answers = [(500, b"not yet"), (200, b"ok"), (200, nodes(True, False)), (200, nodes(True, True))]
    listening, endpoint = await _serve(tmp_path, answers)
    async with listening:
        await readiness.server(endpoint, 10)
        await readiness.nodes(endpoint, {"n0", "n1"}, 10)


async def test_waits_until_new_nodes_take_pods(tmp_path: Path) -> None:
    def nodes(*keys: str) -> bytes:
        taints = [{"key": key, "effect": "NoSchedule"} for key in keys]
        return json.dumps({"items": [{"metadata": {"name": "n"}, "spec": {"taints": taints}}]}).encode()

    new = nodes("node.kubernetes.io/not-ready", "other")
    listening, endpoint = await _serve(tmp_path, [(200, new), (200, nodes("other"))])
    async with listening:
        await readiness.untainted(endpoint, {"n"}, 10)
    listening, endpoint = await _serve(tmp_path, [(200, new)])
    async with listening:
        with pytest.raises(NotReadyError, match="not-ready after 0 s: n"):
            await readiness.untainted(endpoint, {"n"}, 0)


async def test_a_limit_that_passes_says_what_was_missing(tmp_path: Path) -> None:
    listening, endpoint = await _serve(tmp_path, [(500, b"[-]etcd failed")])
    async with listening:
        with pytest.raises(NotReadyError, match="etcd failed"):
            await readiness.server(endpoint, 0)
        with pytest.raises(NotReadyError, match="n0, n1"):
            await readiness.nodes(endpoint, {"n1", "n0"}, 0)


async def test_waits_for_the_service_account_of_a_namespace(tmp_path: Path) -> None:
    there = json.dumps({"items": [{"metadata": {"name": "default", "namespace": "lab"}}]}).encode()
    listening, endpoint = await _serve(tmp_path, [(200, b'{"items": []}'), (200, there)])
    async with listening:
        await readiness.accounts(endpoint, {"lab"}, 10)
        with pytest.raises(NotReadyError, match=r"no service account default after 0 s: other"):
            await readiness.accounts(endpoint, {"lab", "other"}, 0)
