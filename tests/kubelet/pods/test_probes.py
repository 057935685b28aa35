"""What probes and hooks ask, and when a verdict changes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from drakkar.api.core import Container
from drakkar.api.resource import decode
from drakkar.api.run_pod import Action, Probe
from drakkar.kubelet.pods.probes import ActionError, Target, perform, port_number, watch

CONTAINER = decode(Container, {"name": "c", "ports": [{"name": "web", "containerPort": 8080}]})


async def ask(action: dict[str, Any], seconds: float = 2.0) -> None:
    target = Target(CONTAINER, "id", "127.0.0.1", None)  # type: ignore[arg-type]
    await perform(decode(Action, action), target, seconds)


def test_ports_by_name() -> None:
    assert port_number("web", CONTAINER) == 8080 and port_number("81", CONTAINER) == 81
    with pytest.raises(ActionError, match="no port named other"):
        port_number("other", CONTAINER)


async def test_http_and_tcp() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=int(request.query["code"]), headers={"Location": "/nowhere"})

    app = web.Application()
    app.router.add_get("/ready", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        await ask({"httpGet": {"path": "/ready?code=200", "port": port}})
        await ask({"httpGet": {"path": "/ready?code=302", "port": port}})
        with pytest.raises(ActionError, match="statuscode: 503"):
            await ask({"httpGet": {"path": "/ready?code=503", "port": port}})
        await ask({"tcpSocket": {"port": port}})
    finally:
        await runner.cleanup()
    with pytest.raises(ActionError, match="dial tcp"):
        await ask({"tcpSocket": {"port": port}})
    with pytest.raises(ActionError, match="Get"):
        await ask({"httpGet": {"port": port}})
    with pytest.raises(ActionError, match="UNAVAILABLE"):
        await ask({"grpc": {"port": port}})


async def test_time_limit() -> None:
    with pytest.raises(ActionError, match=r"within 0\.01 s"):
        await ask({"sleep": {"seconds": 5}}, 0.01)


async def verdicts(answers: str, **probe: Any) -> list[bool]:
    """What is told of a row of answers, + and -."""
    left = iter(answers)
    told: list[bool] = []
    end = asyncio.Event()

    async def one(seconds: float) -> None:
        answer = next(left, "")
        if not answer:
            end.set()
            await asyncio.sleep(60)
        if answer == "-":
            raise ActionError("no")

    task = asyncio.create_task(
        watch(
            decode(Probe, {"periodSeconds": 0.001, **probe}),
            one,
            lambda good, message: told.append(good),
        )
    )
    async with asyncio.timeout(5):
        await end.wait()
    task.cancel()
    return told


async def test_thresholds() -> None:
    assert await verdicts("+++") == [True]
    assert await verdicts("+--+---") == [True, True, False]
    assert await verdicts("-+-++", successThreshold=2, failureThreshold=1) == [False, False, True]
