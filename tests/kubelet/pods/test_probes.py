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


LONG_LABEL = "a" * 80 + ".example"


@pytest.mark.parametrize(
    "action",
    [
        {"httpGet": {"port": 80, "host": LONG_LABEL}},
        {"httpGet": {"port": 80, "host": "a\0b"}},
        {"httpGet": {"port": 80, "path": "/\0[::"}},
        {"httpGet": {"port": 80, "httpHeaders": [{"name": "A", "value": "a\r\nb"}]}},
        {"httpGet": {"port": "²"}},
        {"tcpSocket": {"port": 80, "host": LONG_LABEL}},
        {"tcpSocket": {"port": 80, "host": "a\0b"}},
        {"tcpSocket": {"port": 99999}},
        {"grpc": {"port": 99999, "service": "a\0b"}},
    ],
)
async def test_values_that_nobody_can_ask_for_fail_the_action(action: dict[str, Any]) -> None:
    with pytest.raises(ActionError):
        await ask(action)


@pytest.mark.parametrize("failure", [ValueError("odd"), asyncio.CancelledError()])
async def test_whatever_goes_wrong_fails_the_action(failure: BaseException) -> None:
    class Runtime:
        async def exec(self, container_id: str, command: list[str]) -> None:
            raise failure

    target = Target(CONTAINER, "id", "127.0.0.1", Runtime())  # type: ignore[arg-type]
    with pytest.raises(ActionError, match=r"odd|CancelledError"):
        await perform(decode(Action, {"exec": {"command": ["x"]}}), target, 2.0)


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
