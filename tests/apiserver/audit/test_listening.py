"""The audit log of a server that listens: watches on connections of their own are told when they end, and all is written when the
server has ended."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from pathlib import Path
from typing import Any

import aiohttp

from drakkar.apiserver.audit.config import AuditConfig
from drakkar.apiserver.audit.policy_file import policy_of

from ..listening import Listening

_POLICY = b"""
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: RequestResponse, users: [admin], resources: [{resources: [configmaps, pods/exec]}]}]
"""


def _stages(path: Path, identity: str) -> list[Any]:
    events = [json.loads(line) for line in path.read_text().splitlines()]
    return [(one["stage"], one.get("responseStatus")) for one in events if one["auditID"] == identity]


async def _until(path: Path, identity: str, count: int) -> None:
    for _ in range(600):
        if len(_stages(path, identity)) >= count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(_stages(path, identity))


async def test_watches_and_the_end(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "audit.log"
    made = Listening(tmp_path)
    made.config = dataclasses.replace(made.config, audit=AuditConfig(policy_of(_POLICY), str(log)))
    base = f"https://127.0.0.1:{made.config.port}/api/v1/namespaces/default/configmaps"
    connector = aiohttp.TCPConnector(ssl=made.context(made.admin))
    async with made.up(), aiohttp.ClientSession(connector=connector) as session:

        async def ask(identity: str, query: str) -> None:
            headers = {"Audit-ID": identity, "X-Forwarded-For": "1.2.3.4"}
            async with session.get(base + query, headers=headers) as answer:
                assert answer.headers["Audit-ID"] == identity
                await answer.read()

        await ask("ended", "?watch=1&timeoutSeconds=1")
        leaving = asyncio.ensure_future(ask("left", "?watch=1&timeoutSeconds=600"))
        await _until(log, "left", 2)
        assert [stage for stage, _ in _stages(log, "left")] == ["RequestReceived", "ResponseStarted"]
        leaving.cancel()
        await _until(log, "left", 3)
        await ask("x" * 100, "?limit=1")
    # What a client says of itself stands beside where it really comes from.
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert {tuple(one["sourceIPs"]) for one in events} == {("1.2.3.4", "127.0.0.1")}
    ok = {"metadata": {}, "code": 200}
    whole = [("RequestReceived", None), ("ResponseStarted", ok), ("ResponseComplete", ok)]
    assert _stages(log, "ended") == _stages(log, "left") == whole
    assert _stages(log, "x" * 100) == [("RequestReceived", None), ("ResponseComplete", ok)]
